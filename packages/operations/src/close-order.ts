import { audit, orders, payments, products, type Order, type Payment, type Tx } from "@zhanggui/db";
import { isOpen, orderStates, paymentStates, step } from "@zhanggui/domain";

export type Closing = {
  readonly actor: string;
  readonly reason: string;
  /** What becomes of the attempts that are still open. */
  readonly to: "cancelled" | "expired";
  readonly why?: string | undefined;
};

/**
 * Cancels a pending order that the caller has locked with all its attempts: the open ones close, its stock is free
 * again, all in the caller's transaction. Attempts that have ended stay as they ended.
 */
export async function closeOrder(
  tx: Tx,
  { order, attempts }: { readonly order: Order; readonly attempts: readonly Payment[] },
  { actor, reason, to: end, why }: Closing,
): Promise<Order> {
  const to = step(orderStates, order.status, "cancel");
  if (to !== "cancelled") throw new Error(`an order cannot be cancelled from ${order.status}`);

  const entries: audit.NewAuditEntry[] = [];
  for (const payment of attempts) {
    if (!isOpen(payment.status)) continue;
    const closed = step(paymentStates, payment.status, end === "expired" ? "expire" : "cancel");
    if (closed !== end) throw new Error(`a payment cannot go from ${payment.status} to ${end}`);
    await payments.move(tx, payment, { to: closed });
    entries.push({
      actor,
      action: `payment.${closed}`,
      entity: "payment",
      entityId: payment.id,
      orderId: order.id,
      before: { status: payment.status },
      after: { status: closed },
    });
  }
  const cancelled = await orders.move(tx, order, { to, reason });
  await products.moveStock(tx, order.id, "release");
  entries.push({
    actor,
    action: "order.cancel",
    entity: "order",
    entityId: order.id,
    orderId: order.id,
    before: { status: order.status },
    after: { status: to, reason },
    reason: why,
  });
  await audit.write(tx, entries);
  return cancelled;
}
