import { type Db, audit, operatorSessions, operators, transact } from "@zhanggui/db";
import { Fault, type OperatorRole } from "@zhanggui/domain";

import { type OperatorView, viewOperator } from "./view-operator.ts";

export type OperatorChange = {
  readonly role?: OperatorRole | undefined;
  readonly disabled?: boolean | undefined;
  readonly actor: string;
  readonly reason: string | undefined;
};

/**
 * Gives an operator another role, disables or enables one. A role counts from the next request on; who is disabled is
 * signed out everywhere. Throws `operator_not_found`, and `last_admin` when nobody would be left to undo it.
 */
export async function changeOperator(
  db: Db,
  name: operators.OperatorName,
  { role, disabled, actor, reason }: OperatorChange,
): Promise<OperatorView> {
  return transact(db, async (tx) => {
    await operators.lockAll(tx);
    const operator = await operators.find(tx, name);
    if (operator === undefined) throw new Fault("operator_not_found");
    const before = viewOperator(operator);
    const wanted = { role: role ?? before.role, disabled: disabled ?? before.disabled };
    if (wanted.role === before.role && wanted.disabled === before.disabled) return before;

    const wasAdmin = before.role === "admin" && !before.disabled;
    const staysAdmin = wanted.role === "admin" && !wanted.disabled;
    if (wasAdmin && !staysAdmin && (await operators.countOtherAdmins(tx, operator.id)) === 0)
      throw new Fault("last_admin");

    const after = viewOperator(await operators.update(tx, operator.id, wanted));
    if (wanted.disabled) await operatorSessions.endAll(tx, operator.id);
    await audit.write(tx, [
      { actor, action: actionOf(before, after), entity: "operator", entityId: operator.id, before, after, reason },
    ]);
    return after;
  });
}

function actionOf(before: OperatorView, after: OperatorView): string {
  if (before.disabled !== after.disabled) return after.disabled ? "operator.disable" : "operator.enable";
  return "operator.change_role";
}
