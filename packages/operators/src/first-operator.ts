import { type Db, operators, transact } from "@zhanggui/db";

import { insertOperator, makePassword } from "./add-operator.ts";

const first = { email: "operator@zhanggui.local", name: "Operator", role: "admin" } as const;

export type FirstOperator = {
  readonly email: string;
  /** Only when this call made the operator. */
  readonly oneTimePassword: string | undefined;
};

/** Makes an admin where there is no operator yet; else says who signs in here. */
export async function addFirstOperator(db: Db, actor: string): Promise<FirstOperator> {
  const password = (await operators.isEmpty(db)) ? await makePassword() : undefined;
  return transact(db, async (tx) => {
    await operators.lockAll(tx);
    const known = await operators.list(tx);
    const one = known.find(({ role, disabled_at }) => role === "admin" && disabled_at === null) ?? known[0];
    if (one !== undefined || password === undefined)
      return { email: one?.email ?? first.email, oneTimePassword: undefined };
    await insertOperator(tx, { ...first, actor, reason: "the first operator" }, password.hash);
    return { email: first.email, oneTimePassword: password.text };
  });
}
