import { type Receipt, type Refund, type Tx, audit, orders, receipts, refunds } from "@zhanggui/db";
import { Decimal, Fault, type RefundEnd, formatAmount } from "@zhanggui/domain";

import { isCallable } from "./call-gateway.ts";
import { type Engine, bestEffort } from "./engine.ts";
import { newId, newOutRefundNo } from "./ids.ts";

export type RequestRefund = {
  /** The money that is to go back: one gateway transaction. */
  readonly receipt: receipts.ReceiptKey;
  /** Yuan above zero with at most two decimals. */
  readonly amount: Decimal | "all that is left";
  /** Told to the gateway, which may show it to the buyer. */
  readonly reason: string;
  readonly actor: string;
  /** Whether the order's pieces go back on sale when its money is fully back. Only with a refund of all that is left. */
  readonly restock?: boolean | undefined;
  /** What the order becomes when its money is fully back; `refunded` unless it is a cancellation. */
  readonly endsOrderAs?: RefundEnd | undefined;
  /** The case that this refund answers. */
  readonly exceptionId?: string | undefined;
};

/**
 * Reserves an amount of a receipt and writes the refund under a number of its own, in the caller's transaction. The
 * gateway is asked after the commit: see `ringRefund`. Locks the order, then the receipt; a caller that locks a case as
 * well locks it after the order.
 *
 * Only a refund of all that is left of an order's effective payment ends the order, and only such a one restocks.
 *
 * @throws Fault `nothing_to_refund`, `refund_exceeds_payment` (with what remains), `invalid_input`,
 *   `state_changed_meanwhile`.
 */
export async function requestRefund(tx: Tx, asked: RequestRefund): Promise<Refund> {
  const { receipt: key, reason, actor, restock = false } = asked;
  const { receipt, left } = await lockReceipt(tx, key);
  const amount = amountOf(asked, left);

  const isEnd = amount.equals(left) && (await isEffective(tx, receipt));
  if (restock && !isEnd) {
    throw new Fault("invalid_input", {
      restock: "only a refund of all that is left of an order's payment puts its pieces back on sale",
    });
  }
  const reserved = await receipts.moveRefund(tx, key, { movement: "reserve", amount: formatAmount(amount) });
  if (reserved === undefined) throw new Fault("state_changed_meanwhile", key);
  const refund = await refunds.insert(tx, {
    ...key,
    id: newId("ref"),
    orderId: receipt.order_id,
    paymentId: receipt.payment_id,
    amount: formatAmount(amount),
    currency: receipt.currency,
    outRefundNo: newOutRefundNo(),
    reason,
    endsOrderAs: isEnd ? (asked.endsOrderAs ?? "refunded") : null,
    restock,
    exceptionId: asked.exceptionId ?? null,
    origin: "shop",
  });
  const { id, status, out_refund_no: outRefundNo, ends_order_as: endsOrderAs } = refund;
  await audit.write(tx, [
    {
      actor,
      action: "refund.request",
      entity: "refund",
      entityId: id,
      orderId: receipt.order_id ?? undefined,
      after: { status, amount: refund.amount, transactionId: key.transactionId, outRefundNo, endsOrderAs, restock },
      reason,
      evidence: asked.exceptionId,
    },
  ]);
  return refund;
}

/** What is left of a receipt: neither gone back nor on its way. */
export function leftOf({ amount, refunded, refund_reserved }: Receipt): Decimal {
  return new Decimal(amount).minus(refunded).minus(refund_reserved);
}

/**
 * Makes sure that a refund could be sent: an account without an address is never called.
 *
 * @throws Fault `gateway_not_callable`.
 */
export function assertRefundable(engine: Pick<Engine, "providers">, provider: string): void {
  if (!isCallable(engine, provider)) throw new Fault("gateway_not_callable", { provider });
}

/** Rings for a refund whose transaction has been committed; what is not heard, the sweep finds. */
export async function ringRefund(engine: Pick<Engine, "log" | "wake">, { id }: Pick<Refund, "id">): Promise<void> {
  await bestEffort(engine, "send a refund", engine.wake.sendRefund(id));
}

async function lockReceipt(
  tx: Tx,
  key: receipts.ReceiptKey,
): Promise<{ readonly receipt: Receipt; readonly left: Decimal }> {
  const found = await receipts.read(tx, key);
  if (found === undefined) throw new Fault("nothing_to_refund", key);
  if (found.order_id !== null) await orders.lock(tx, found.order_id);
  const receipt = await receipts.lock(tx, key);
  if (receipt !== undefined && receipt.written_off_at !== null) {
    throw new Fault("nothing_to_refund", { ...key, why: "it was written off" });
  }
  // Money that found its order meanwhile has an order to lock first.
  if (receipt?.order_id !== found.order_id) throw new Fault("state_changed_meanwhile", key);
  return { receipt, left: leftOf(receipt) };
}

function amountOf({ amount, receipt }: RequestRefund, left: Decimal): Decimal {
  if (left.lessThanOrEqualTo(0)) throw new Fault("nothing_to_refund", receipt);
  if (amount === "all that is left") return left;
  if (amount.lessThanOrEqualTo(0) || amount.decimalPlaces() > 2) {
    throw new Fault("invalid_input", { amount: "must be yuan above zero with at most two decimals" });
  }
  if (amount.greaterThan(left)) {
    throw new Fault("refund_exceeds_payment", { asked: formatAmount(amount), remaining: formatAmount(left) });
  }
  return amount;
}

/** Whether this receipt made its order paid. Money besides, late or paid twice, goes back without touching it. */
export async function isEffective(tx: Tx, { order_id, provider, transaction_id }: Receipt): Promise<boolean> {
  if (order_id === null) return false;
  const effective = await receipts.effectiveOf(tx, order_id);
  return effective?.provider === provider && effective.transaction_id === transaction_id;
}
