import { type Db, audit, operatorSessions, operators, signInAttempts, transact } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";

import { type WithOneTimePassword, makePassword } from "./add-operator.ts";
import { operatorKey } from "./sign-in/attempts.ts";
import { viewOperator } from "./view-operator.ts";

/**
 * Gives an operator a one-time password in place of the one they have. It signs them out everywhere, takes away the
 * second factor (whoever lost it comes this way) and ends a lockout. Throws `operator_not_found`.
 */
export async function resetPassword(
  db: Db,
  name: operators.OperatorName,
  { actor, reason }: { readonly actor: string; readonly reason: string | undefined },
): Promise<WithOneTimePassword> {
  const password = await makePassword();
  const operator = await transact(db, async (tx) => {
    await operators.lockAll(tx);
    const found = await operators.find(tx, name);
    if (found === undefined) throw new Fault("operator_not_found");
    await operators.putPassword(tx, found.id, password.hash);
    await operators.removeTwoFactor(tx, found.id);
    await operatorSessions.endAll(tx, found.id);
    await signInAttempts.forget(tx, operatorKey(found.email));
    const after = viewOperator(
      await operators.update(tx, found.id, { must_change_password: true, two_factor_enabled: false }),
    );
    await audit.write(tx, [
      {
        actor,
        action: "operator.reset_password",
        entity: "operator",
        entityId: found.id,
        before: viewOperator(found),
        after,
        reason,
      },
    ]);
    return after;
  });
  return { operator, oneTimePassword: password.text };
}
