import { orders, payments, type Tx } from "@zhanggui/db";

import type { Rows } from "./apply-notice.ts";

/** Locks an order and then all its attempts: the first two locks of every settlement. */
export async function lockRows(
  tx: Tx,
  { orderId, paymentId }: { readonly orderId: string; readonly paymentId: string },
): Promise<Rows> {
  const order = await orders.lock(tx, orderId);
  const attempts = await payments.lockOfOrder(tx, orderId);
  const payment = attempts.find(({ id }) => id === paymentId);
  if (order === undefined || payment === undefined) throw new Error(`payment ${paymentId} has no order`);
  return { order, payment, siblings: attempts.filter(({ id }) => id !== paymentId) };
}
