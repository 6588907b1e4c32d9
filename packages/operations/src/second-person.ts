import { audit, exceptions, type ExceptionCase, type Tx } from "@zhanggui/db";
import { type CaseEffect, type Decimal, Fault } from "@zhanggui/domain";

import type { CaseStanding } from "./case-facts.ts";
import type { ResolveException } from "./close-case.ts";
import { secondPersonFor } from "./view-case.ts";

/** While something is proposed, it is confirmed or withdrawn before anything else is done. */
export function assertProposal({ proposed_action: proposed }: ExceptionCase, { action }: ResolveException): void {
  if (proposed === null || proposed === action) return;
  throw new Fault("action_not_allowed", { action, allowed: proposed, why: "another action waits for a second person" });
}

export type Asked = {
  readonly row: ExceptionCase;
  readonly effect: CaseEffect;
  readonly standing: CaseStanding;
  readonly request: ResolveException;
};

/** Whether this request is only the first of two. The one who proposed is never the second person. */
export function asksForSecondPerson(limit: Decimal, { row, effect, standing, request }: Asked): boolean {
  const { by } = request;
  const needed = secondPersonFor(effect, standing.atStake, limit);
  if (needed === "no" || (needed === "unless_admin" && by.role === "admin")) return false;
  if (row.proposed_by === by.sub) throw new Fault("second_person_needed", { proposedBy: by.sub });
  return row.proposed_by === null;
}

/** Keeps a decision until a second person confirms it. */
export async function propose(
  tx: Tx,
  row: ExceptionCase,
  { action, reason, by }: ResolveException,
  orderId: string | null,
): Promise<ExceptionCase> {
  const named = row.order_id === null ? orderId : null;
  const exception = await exceptions.propose(tx, row.id, { action, by: by.sub, reason, orderId: named });
  await audit.write(tx, [
    {
      actor: by.sub,
      action: "exception.propose",
      entity: "exception",
      entityId: row.id,
      orderId: orderId ?? undefined,
      before: { state: row.state, proposal: null },
      after: { state: row.state, proposal: action },
      reason,
    },
  ]);
  return exception;
}
