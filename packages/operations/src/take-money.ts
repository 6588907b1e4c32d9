import {
  audit,
  orders,
  payments,
  products,
  receipts,
  type Order,
  type Payment,
  type Receipt,
  type Tx,
} from "@zhanggui/db";
import { orderStates, step } from "@zhanggui/domain";

import { cancelOpen } from "./apply-notice.ts";
import { newId, newOutTradeNo } from "./ids.ts";

/** Rows that the caller has locked: the order, all its attempts, and the receipt. */
export type TakingRows = {
  readonly order: Order;
  readonly attempts: readonly Payment[];
  readonly receipt: Receipt;
};

export type Taking = {
  readonly actor: string;
  readonly reason: string;
  /** The case that a person decided on. */
  readonly exceptionId: string;
  readonly now: Date;
};

export type Taken = {
  readonly payment: Payment;
  /** Started attempts that are pointless now: their gateways may still take money for them. */
  readonly leftOver: readonly Payment[];
};

/**
 * Makes booked money the payment of an order that has none, because a person decided so: the payment is effective, the
 * order paid, its stock sold, the other attempts over. The pieces of a cancelled order are reserved again first; the
 * caller has seen, and holds locked, that they are there.
 */
export async function takeMoney(tx: Tx, rows: TakingRows, taking: Taking): Promise<Taken> {
  const { order, attempts, receipt } = rows;
  const event = order.status === "cancelled" ? "revive" : "pay";
  if (step(orderStates, order.status, event) !== "paid") {
    throw new Error(`an order cannot go from ${order.status} to paid`);
  }
  const before = attempts.find(({ id }) => id === receipt.payment_id);
  const payment = await payWith(tx, rows, before, taking.now);
  if (event === "revive") await products.moveStock(tx, order.id, "reserve_again");
  await orders.move(tx, order, { to: "paid", paidAt: payment.succeeded_at ?? undefined });
  await products.moveStock(tx, order.id, "sell");

  const siblings = attempts.filter(({ id }) => id !== payment.id);
  const { actor, reason, exceptionId: evidence } = taking;
  const shared = { actor, orderId: order.id, reason, evidence };
  const { id, transaction_id: transactionId } = payment;
  await audit.write(tx, [
    {
      ...shared,
      action: "payment.take",
      entity: "payment",
      entityId: id,
      before: before === undefined ? undefined : { status: before.status, effective: before.effective },
      after: { status: payment.status, effective: true, transactionId, amount: payment.amount, taken: receipt.amount },
    },
    {
      ...shared,
      action: `order.${event}`,
      entity: "order",
      entityId: order.id,
      before: { status: order.status },
      after: { status: "paid" },
    },
    ...(await cancelOpen(tx, order, siblings)),
  ]);
  return { payment, leftOver: siblings.filter(({ status }) => status === "processing") };
}

function payWith(tx: Tx, rows: TakingRows, payment: Payment | undefined, now: Date): Promise<Payment> {
  if (payment === undefined) return payAnew(tx, rows, now);
  if (payment.status === "succeeded") return payments.makeEffective(tx, payment);
  return payments.move(tx, payment, succeededBy(rows.receipt));
}

/** Money under a number that we do not know gets an attempt of its own, under that number where nobody else has it. */
async function payAnew(tx: Tx, { order, receipt }: TakingRows, now: Date): Promise<Payment> {
  const { provider, out_trade_no: outTradeNo } = receipt;
  const isUsable = /^[0-9A-Za-z]{8,32}$/.test(outTradeNo) && !(await payments.isNumberTaken(tx, outTradeNo));
  const made = await payments.insert(tx, {
    id: newId("pay"),
    orderId: order.id,
    provider,
    amount: order.amount,
    currency: order.currency,
    outTradeNo: isUsable ? outTradeNo : newOutTradeNo(now),
  });
  await receipts.attribute(tx, receipt, { orderId: order.id, paymentId: made.id });
  return payments.move(tx, made, succeededBy(receipt));
}

/** The book tells when the gateway first said so. */
function succeededBy({ transaction_id, booked_at }: Receipt) {
  return { to: "succeeded", transactionId: transaction_id, succeededAt: booked_at, effective: true } as const;
}
