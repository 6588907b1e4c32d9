import { createHash } from "node:crypto";

import { type Order, type Receipt, type Refund, type Tx, idempotency, orders, receipts, transact } from "@zhanggui/db";
import { type Decimal, Fault, type RefundEnd, formatAmount, orderStates, step } from "@zhanggui/domain";

import { cancelOrder } from "./cancel-order.ts";
import type { Engine } from "./engine.ts";
import { type RefundProposalView, proposeRefund } from "./refund-proposal.ts";
import { assertRefundable, leftOf, requestRefund, ringRefund } from "./request-refund.ts";
import { type OrderView, type RefundView, viewOrder, viewRefund } from "./views.ts";

/** What the gateway is told where the operator gives no reason. */
const defaultReason = "商家退款";

export type RefundOrder = {
  readonly orderId: string;
  /** Yuan; unset for all that is left of the order's payment. */
  readonly amount?: Decimal | undefined;
  readonly actor: string;
  readonly reason: string | undefined;
  /** Whether the pieces go back on sale when all the money is back. */
  readonly restock?: boolean | undefined;
  /** The caller's name for this request: repeating it answers the same refund and makes no second one. */
  readonly idempotencyKey?: string | undefined;
};

export type OrderRefund = { readonly order: OrderView; readonly refund: RefundView };
/** Kept until a second person asks for the same. */
export type ProposedRefund = { readonly order: OrderView; readonly proposal: RefundProposalView };

/**
 * Refunds a paid order, wholly or in part: reserves the amount, then has the gateway asked. The order follows when all of
 * its payment is back with the buyer. Above the limit it is only proposed, until somebody else asks for the same.
 *
 * @throws Fault `order_not_found`, `nothing_to_refund`, `refund_exceeds_payment`, `gateway_not_callable`,
 *   `invalid_input`, `idempotency_conflict`, `second_person_needed`, `action_not_allowed`.
 */
export async function refundOrder(engine: Engine, asked: RefundOrder): Promise<OrderRefund | ProposedRefund> {
  const sent = await transact(engine.db, (tx) => sendBackOnce(tx, engine, asked));
  if ("refund" in sent) await ringRefund(engine, sent.refund);
  return sent;
}

export type CancelByOperator = {
  readonly orderId: string;
  readonly actor: string;
  readonly reason: string | undefined;
  /** Whether a paid order's pieces go back on sale: nothing was shipped, so they do unless told otherwise. */
  readonly restock?: boolean | undefined;
};

/**
 * Cancels an order for an operator. An unpaid one at once; a paid one with the refund of all that is left of its payment:
 * it stays `paid`, and is not shipped, until the money is back with the buyer.
 *
 * @throws Fault `order_not_found`, `invalid_transition`, and those of a refund.
 */
export async function cancelByOperator(
  engine: Engine,
  { orderId, actor, reason, restock = true }: CancelByOperator,
): Promise<{ readonly order: OrderView; readonly refund?: RefundView; readonly proposal?: RefundProposalView }> {
  const order = await orders.find(engine.db, orderId);
  if (order?.status !== "paid") {
    return { order: await cancelOrder(engine, { orderId, customerId: undefined, actor, why: reason }) };
  }
  const asked = { orderId, actor, reason, restock };
  const sent = await transact(engine.db, (tx) => sendBack(tx, engine, asked, "cancelled"));
  if ("refund" in sent) await ringRefund(engine, sent.refund);
  return sent;
}

type SentBack = OrderRefund | ProposedRefund;

async function sendBackOnce(tx: Tx, engine: Engine, asked: RefundOrder): Promise<SentBack> {
  const { idempotencyKey, actor } = asked;
  if (idempotencyKey === undefined) return sendBack(tx, engine, asked, "refunded");

  const key = { customerId: actor, key: idempotencyKey, requestHash: hashOf(asked) };
  const claim = await idempotency.claim(tx, key);
  if (claim.kind === "conflict") throw new Fault("idempotency_conflict", { key: idempotencyKey });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The stored answer is what this function put there.
  if (claim.kind === "answered") return claim.response as SentBack;

  const sent = await sendBack(tx, engine, asked, "refunded");
  await idempotency.answer(tx, key, sent);
  return sent;
}

function hashOf({ orderId, amount, restock = false }: RefundOrder): string {
  const facts = ["refund", orderId, amount === undefined ? null : formatAmount(amount), restock];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

async function sendBack(tx: Tx, engine: Engine, asked: RefundOrder, endsOrderAs: RefundEnd): Promise<SentBack> {
  const { orderId, amount = "all that is left", actor, reason = defaultReason, restock } = asked;
  const { order, receipt } = await lockPaid(tx, orderId, endsOrderAs);
  assertRefundable(engine, receipt.provider);
  const view = viewOrder(order, await orders.linesOf(tx, [orderId]));
  const proposal = await proposeRefund(tx, engine, {
    orderId,
    amount: amount === "all that is left" ? leftOf(receipt) : amount,
    restock: restock ?? false,
    endsOrderAs,
    by: actor,
    reason: asked.reason,
  });
  if (proposal !== undefined) return { order: view, proposal };

  const refund: Refund = await requestRefund(tx, {
    receipt: { provider: receipt.provider, transactionId: receipt.transaction_id },
    amount,
    reason,
    actor,
    restock,
    endsOrderAs,
  });
  return { order: view, refund: viewRefund(refund) };
}

type Paid = { readonly order: Order; readonly receipt: Receipt };

async function lockPaid(tx: Tx, orderId: string, endsOrderAs: RefundEnd): Promise<Paid> {
  const order = await orders.lock(tx, orderId);
  if (order === undefined) throw new Fault("order_not_found", { orderId });
  const event = endsOrderAs === "cancelled" ? "cancel" : "refund";
  const receipt =
    step(orderStates, order.status, event) === endsOrderAs ? await receipts.effectiveOf(tx, orderId) : undefined;
  if (receipt === undefined) throw new Fault("nothing_to_refund", { orderId, order: order.status });
  return { order, receipt };
}
