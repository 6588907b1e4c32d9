import { type Db, type Tx, audit, operators, transact } from "@zhanggui/db";
import { Fault, type OperatorRole } from "@zhanggui/domain";
import { hashPassword } from "better-auth/crypto";
import { v7 } from "uuid";

import { newOneTimePassword } from "./passwords.ts";
import { type OperatorView, viewOperator } from "./view-operator.ts";

export type NewOperator = {
  readonly email: string;
  readonly name: string;
  readonly role: OperatorRole;
  readonly actor: string;
  readonly reason: string | undefined;
};

export type WithOneTimePassword = { readonly operator: OperatorView; readonly oneTimePassword: string };

/** Makes an operator with a one-time password, which is kept nowhere. Throws `operator_exists`. */
export async function addOperator(db: Db, wanted: NewOperator): Promise<WithOneTimePassword> {
  const password = await makePassword();
  const operator = await transact(db, async (tx) => {
    await operators.lockAll(tx);
    if (await operators.find(tx, wanted)) throw new Fault("operator_exists", { email: wanted.email });
    return insertOperator(tx, wanted, password.hash);
  });
  return { operator, oneTimePassword: password.text };
}

/** Hashing takes its time on purpose, so it is done before the transaction. */
export async function makePassword(): Promise<{ readonly text: string; readonly hash: string }> {
  const text = newOneTimePassword();
  return { text, hash: await hashPassword(text) };
}

export async function insertOperator(tx: Tx, wanted: NewOperator, hash: string): Promise<OperatorView> {
  const { name, role, actor, reason } = wanted;
  const id = `opr_${v7().replaceAll("-", "")}`;
  const operator = await operators.insert(tx, { id, email: wanted.email.toLowerCase(), name, role });
  await operators.putPassword(tx, operator.id, hash);
  const after = viewOperator(operator);
  await audit.write(tx, [{ actor, action: "operator.add", entity: "operator", entityId: id, after, reason }]);
  return after;
}
