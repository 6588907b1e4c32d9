import { audit, exceptions, transact, type ExceptionCase, type Tx } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";

import { type Person, alreadyResolved } from "./close-case.ts";
import type { Engine } from "./engine.ts";
import { type CaseView, viewCases } from "./view-case.ts";

export type AssignException = {
  readonly exceptionId: string;
  /** Whose case it is from now on; `null` for nobody's. */
  readonly owner: string | null;
  readonly reason: string | undefined;
  readonly by: Person;
};

/**
 * Gives an open case to a person, or back to nobody.
 *
 * @throws Fault `exception_not_found`, `already_resolved`.
 */
export function assignException(
  engine: Engine,
  { exceptionId, owner, reason, by }: AssignException,
): Promise<CaseView> {
  return change(engine, exceptionId, async (tx, row) => {
    const assigned = await exceptions.assign(tx, row.id, owner);
    await write(tx, row, {
      actor: by.sub,
      action: "exception.assign",
      before: { owner: row.owner },
      after: { owner },
      reason,
    });
    return assigned;
  });
}

export type WithdrawProposal = {
  readonly exceptionId: string;
  readonly reason: string | undefined;
  readonly by: Person;
};

/**
 * Takes back what waits for a second person; anybody who may decide may do that.
 *
 * @throws Fault `exception_not_found`, `already_resolved`, `action_not_allowed` when nothing is proposed.
 */
export function withdrawProposal(engine: Engine, { exceptionId, reason, by }: WithdrawProposal): Promise<CaseView> {
  return change(engine, exceptionId, async (tx, row) => {
    if (row.proposed_action === null)
      throw new Fault("action_not_allowed", { exceptionId, why: "nothing is proposed" });
    const withdrawn = await exceptions.propose(tx, row.id, undefined);
    await write(tx, row, {
      actor: by.sub,
      action: "exception.withdraw",
      before: { proposal: row.proposed_action, proposedBy: row.proposed_by },
      after: { proposal: null },
      reason,
    });
    return withdrawn;
  });
}

async function change(
  engine: Engine,
  exceptionId: string,
  work: (tx: Tx, row: ExceptionCase) => Promise<ExceptionCase>,
): Promise<CaseView> {
  const changed = await transact(engine.db, async (tx) => {
    const row = await exceptions.lock(tx, exceptionId);
    if (row === undefined) throw new Fault("exception_not_found", { exceptionId });
    if (row.state === "resolved") throw alreadyResolved(row);
    return work(tx, row);
  });
  const [view] = await viewCases(engine, [changed]);
  if (view === undefined) throw new Error(`case ${exceptionId} is gone`);
  return view;
}

type Written = Pick<audit.NewAuditEntry, "actor" | "action" | "before" | "after" | "reason">;

function write(tx: Tx, { id, order_id }: ExceptionCase, entry: Written): Promise<void> {
  return audit.write(tx, [{ ...entry, entity: "exception", entityId: id, orderId: order_id ?? undefined }]);
}
