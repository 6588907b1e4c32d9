import {
  exceptions,
  orders,
  payments,
  products,
  receipts,
  transact,
  type ExceptionCase,
  type Payment,
  type Refund,
  type Tx,
} from "@zhanggui/db";
import { Decimal, Fault, amountsAgree, parseAmount } from "@zhanggui/domain";

import { closeLeftOver } from "./ask-gateways.ts";
import { type LockedCase, carryOut } from "./carry-out.ts";
import { type CaseStanding, readStanding } from "./case-facts.ts";
import { type ResolveException, alreadyResolved, closeCase, permit } from "./close-case.ts";
import { type Engine, bestEffort } from "./engine.ts";
import { ringRefund } from "./request-refund.ts";
import { isAsking, resolveByAsking } from "./resolve-by-asking.ts";
import { hearFailedRefund } from "./send-refund.ts";
import { assertProposal, asksForSecondPerson, propose } from "./second-person.ts";
import { type CaseView, viewCases } from "./view-case.ts";

/** `proposed`: kept until a second person asks for the same. */
export type CaseDecision = { readonly kind: "resolved" | "proposed"; readonly exception: CaseView };

/**
 * Closes a case as a person decides, in one transaction: whatever the action moves, the case, and the audit. Locks the
 * order, its payments, the receipt, the case, and then products. Of two people who close a case at once one is told that
 * it is closed. `apply` to what only a gateway knows asks that gateway first, outside of any transaction.
 *
 * @throws Fault `exception_not_found`, `already_resolved`, `action_not_allowed` (with those that are), `out_of_stock`,
 *   `second_person_needed`, `gateway_unavailable`, `invalid_input`.
 */
export async function resolveException(engine: Engine, request: ResolveException): Promise<CaseDecision> {
  const { exceptionId } = request;
  const found = await exceptions.find(engine.db, exceptionId);
  if (found === undefined) throw new Fault("exception_not_found", { exceptionId });
  if (found.state === "resolved") throw alreadyResolved(found);
  if (found.kind === "refund_failed" && request.action === "refund") await hearBefore(engine, found);

  const decided: Decided = isAsking(found, request.action)
    ? { exception: await resolveByAsking(engine, found, request) }
    : await transact(engine.db, (tx) => decide(tx, engine, found, request));
  await afterwards(engine, decided);
  const [exception] = await viewCases(engine, [decided.exception]);
  if (exception === undefined) throw new Error(`case ${exceptionId} is gone`);
  return { kind: decided.exception.state === "resolved" ? "resolved" : "proposed", exception };
}

/** Money that a gateway said it would not give back may have gone all the same: it is asked before it is sent again. */
async function hearBefore(engine: Engine, found: ExceptionCase): Promise<void> {
  const { standing } = await readStanding(engine, found);
  if (standing.refund_id !== null) await hearFailedRefund(engine, standing.refund_id);
}

type Decided = {
  readonly exception: ExceptionCase;
  readonly leftOver?: readonly Payment[];
  readonly refund?: Refund;
};

async function afterwards(engine: Engine, { exception, leftOver, refund }: Decided): Promise<void> {
  if (refund !== undefined) await ringRefund(engine, refund);
  if (leftOver === undefined) return;
  await closeLeftOver(engine, leftOver);
  const { order_id: orderId } = exception;
  if (orderId !== null) await bestEffort(engine, "forget expiry", engine.wake.forgetExpiry(orderId));
}

async function decide(tx: Tx, engine: Engine, found: ExceptionCase, request: ResolveException): Promise<Decided> {
  const orderId = orderFor(found, request);
  const locked = await lockCase(tx, found, orderId);
  const { row } = locked;
  if (row.state === "resolved") throw alreadyResolved(row);
  if (row.proposed_order_id !== found.proposed_order_id) throw new Fault("state_changed_meanwhile");

  const standing = await readStanding({ ...engine, db: tx }, row, orderId ?? undefined);
  const effect = permit(standing.facts, request.action);
  if (effect === "pays_named_order")
    throw new Fault("invalid_input", { orderId: "names the order that the money is for" });
  assertAmount(request, standing);
  assertProposal(row, request);
  if (asksForSecondPerson(new Decimal(engine.secondPersonLimit), { row, effect, standing, request })) {
    return { exception: await propose(tx, row, request, orderId) };
  }

  const done = await carryOut(tx, engine, { effect, locked, standing, request });
  return {
    ...done,
    exception: await closeCase(tx, { row, request, orderId, paymentId: done.paymentId, moved: done.moved }),
  };
}

/** The order that decides: the case's own, or the one that a person names for money without one. */
function orderFor(found: ExceptionCase, { orderId, action }: ResolveException): string | null {
  const known = found.order_id ?? (found.proposed_action === action ? found.proposed_order_id : null);
  if (orderId !== undefined && known !== null && orderId !== known) {
    throw new Fault("invalid_input", { orderId: `the case is about another order, ${known}` });
  }
  if (orderId !== undefined && known === null && action !== "apply") {
    throw new Fault("invalid_input", { orderId: "is only for apply" });
  }
  return known ?? orderId ?? null;
}

async function lockCase(tx: Tx, found: ExceptionCase, orderId: string | null): Promise<LockedCase> {
  const order = orderId === null ? undefined : await orders.lock(tx, orderId);
  if (orderId !== null && order === undefined) {
    throw new Fault("invalid_input", { orderId: "there is no such order" });
  }
  const attempts = order === undefined ? [] : await payments.lockOfOrder(tx, order.id);
  const { provider, transaction_id: transactionId } = await standingIn(tx, found);
  const receipt =
    provider === null || transactionId === null ? undefined : await receipts.lock(tx, { provider, transactionId });
  const row = await exceptions.lock(tx, found.id);
  if (row === undefined) throw new Error(`case ${found.id} is gone`);
  // Pieces that are there now stay there until this transaction ends.
  if (order?.status === "cancelled") await products.canReserveAgain(tx, order.id);
  return { row, order, attempts, receipt };
}

async function standingIn(tx: Tx, { id }: ExceptionCase): Promise<exceptions.Standing> {
  const standing = (await exceptions.standings(tx, [id])).get(id);
  if (standing === undefined) throw new Error(`case ${id} is gone`);
  return standing;
}

function assertAmount({ amount }: ResolveException, { atStake }: CaseStanding): void {
  if (amount === undefined) return;
  const seen = parseAmount(amount);
  if (seen !== undefined && atStake !== undefined && amountsAgree(seen, new Decimal(atStake))) return;
  throw new Fault("invalid_input", { amount: `is not what is at stake, ${atStake ?? "no money"}` });
}
