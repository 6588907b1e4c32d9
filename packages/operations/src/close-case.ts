import { audit, callbacks, exceptions, type ExceptionCase, type Tx } from "@zhanggui/db";
import {
  type CaseEffect,
  type CaseFacts,
  type ExceptionAction,
  Fault,
  type Role,
  exceptionActions,
  ruleCase,
} from "@zhanggui/domain";

export type Person = { readonly sub: string; readonly role: Role };

/** What a person asks for. */
export type ResolveException = {
  readonly exceptionId: string;
  readonly action: ExceptionAction;
  readonly reason: string;
  /** Yuan text that the person saw; refused when something else is at stake by now. */
  readonly amount?: string | undefined;
  /** The order that money of no order is for. */
  readonly orderId?: string | undefined;
  readonly by: Person;
};

/**
 * What an action would do to a case.
 *
 * @throws Fault `out_of_stock`; `action_not_allowed` with the actions that are.
 */
export function permit(facts: CaseFacts, action: ExceptionAction): CaseEffect {
  const ruling = ruleCase(facts, action);
  if (ruling.kind === "allowed") return ruling.effect;
  if (ruling.kind === "out_of_stock") throw new Fault("out_of_stock");
  const allowed = exceptionActions.filter((other) => ruleCase(facts, other).kind === "allowed");
  throw new Fault("action_not_allowed", { kind: facts.kind, action, allowed: allowed.join(", ") });
}

export type Closing = {
  readonly row: ExceptionCase;
  readonly request: ResolveException;
  readonly orderId: string | null;
  readonly paymentId?: string | undefined;
  readonly moved?: Readonly<Record<string, string>> | undefined;
  /** What the gateway said, when it was asked. */
  readonly evidence?: string | undefined;
};

/** Closes the case that the caller has locked, with its audit entry, and lets the notice go that was parked for it. */
export async function closeCase(tx: Tx, closing: Closing): Promise<ExceptionCase> {
  const { row, request, orderId, paymentId = row.payment_id, moved = {}, evidence } = closing;
  const { action, reason, by } = request;
  const resolved = await exceptions.resolve(tx, row.id, { action, by: by.sub, reason, orderId, paymentId });
  const proposedBy = row.proposed_by === null ? {} : { proposedBy: row.proposed_by };
  await audit.write(tx, [
    {
      actor: by.sub,
      action: "exception.resolve",
      entity: "exception",
      entityId: row.id,
      orderId: orderId ?? undefined,
      before: { state: row.state, kind: row.kind, amount: row.amount, ...proposedBy },
      after: { state: resolved.state, resolution: action, ...moved },
      reason,
      evidence: evidence ?? row.evidence ?? undefined,
    },
  ]);
  if (row.callback_id !== null) {
    await callbacks.unpark(tx, row.callback_id, { outcome: `resolved_${action}`, orderId, paymentId });
  }
  return resolved;
}

export function alreadyResolved({ id, resolution, resolved_by }: ExceptionCase): Fault {
  return new Fault("already_resolved", {
    exceptionId: id,
    ...(resolution === null ? {} : { action: resolution }),
    ...(resolved_by === null ? {} : { by: resolved_by }),
  });
}
