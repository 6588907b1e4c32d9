import { type Repair, type Tx, orders, payments, products, receipts } from "@zhanggui/db";

import type { Plan } from "./laws/plan.ts";

/**
 * Locks what a plan is derived from, in the usual order: the order, its payments, its receipts or the one that the plan
 * is about, products by sku. Nobody else moves these rows until the transaction ends.
 */
export async function lockForRepair(
  tx: Tx,
  { order_id: orderId }: Pick<Repair, "order_id">,
  { diff }: Extract<Plan, { kind: "mend" }>,
): Promise<void> {
  if (orderId !== null) {
    await orders.lock(tx, orderId);
    await payments.lockOfOrder(tx, orderId);
  }
  const booked = orderId === null ? [] : await receipts.ofOrder(tx, orderId);
  const keys = new Set([
    ...booked.map(({ provider, transaction_id }) => `${provider}/${transaction_id}`),
    ...keysOf(diff, "receipts"),
  ]);
  for (const key of [...keys].toSorted()) await receipts.lock(tx, receiptKeyOf(key));

  // A hold is named by its order and its sku.
  const held = keysOf(diff, "stock_holds").map((key) => key.slice(key.indexOf("/") + 1));
  const skus = new Set([...held, ...keysOf(diff, "products")]);
  for (const sku of [...skus].toSorted()) await products.lock(tx, sku);
}

function keysOf(diff: Extract<Plan, { kind: "mend" }>["diff"], table: string): string[] {
  return diff.filter((one) => one.table === table).map(({ key }) => key);
}

function receiptKeyOf(key: string): receipts.ReceiptKey {
  const slash = key.indexOf("/");
  return { provider: key.slice(0, slash), transactionId: key.slice(slash + 1) };
}
