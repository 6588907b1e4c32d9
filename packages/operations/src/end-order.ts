import { type Order, type Receipt, type Tx, audit, orders, products, refunds } from "@zhanggui/db";
import { Decimal, orderStates, step } from "@zhanggui/domain";

import { isEffective } from "./request-refund.ts";

export type Ending = {
  readonly order: Order | undefined;
  /** As it stands after the refund. */
  readonly receipt: Receipt;
  readonly actor: string;
  readonly evidence: string | undefined;
};

/**
 * Ends an order whose money is fully back: `cancelled` when a cancellation sent it back before anything was shipped, else
 * `refunded`. Its pieces go back on sale when one of the refunds was asked to do that. Anything less than all of its
 * effective payment, and any other money, leaves the order as it is.
 */
export async function endOrder(tx: Tx, { order, receipt, actor, evidence }: Ending): Promise<void> {
  if (order === undefined || !new Decimal(receipt.refunded).equals(receipt.amount)) return;
  if (!(await isEffective(tx, receipt))) return;

  const key = { provider: receipt.provider, transactionId: receipt.transaction_id };
  const back = (await refunds.ofReceipt(tx, key)).filter(({ status }) => status === "succeeded");
  const isCancellation = back.some(({ ends_order_as }) => ends_order_as === "cancelled");
  const cancelled = isCancellation ? step(orderStates, order.status, "cancel") : undefined;
  const to = cancelled ?? step(orderStates, order.status, "refund");
  if (to !== "cancelled" && to !== "refunded") return;

  await orders.move(tx, order, to === "cancelled" ? { to, reason: "operator" } : { to });
  const restocked = back.some(({ restock }) => restock);
  if (restocked) await products.moveStock(tx, order.id, "restock");
  await audit.write(tx, [
    {
      actor,
      action: to === "cancelled" ? "order.cancel" : "order.refund",
      entity: "order",
      entityId: order.id,
      orderId: order.id,
      before: { status: order.status },
      after: { status: to, refunded: receipt.refunded, restocked },
      evidence,
    },
  ]);
}
