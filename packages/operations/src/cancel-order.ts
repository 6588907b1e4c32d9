import { orders, payments, transact } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";

import { type Words, closeAtGateways, wordsOn } from "./ask-gateways.ts";
import { closeOrder } from "./close-order.ts";
import { type Engine, bestEffort } from "./engine.ts";
import { type OrderView, viewOrder } from "./views.ts";

export type CancelOrder = {
  readonly orderId: string;
  /** The customer whose order it must be; unset for an operator. */
  readonly customerId: string | undefined;
  readonly actor: string;
  readonly why?: string | undefined;
};

/**
 * Cancels an unpaid order and releases its stock. Its gateways are closed first: when one has taken the money, the
 * order is paid and cannot be cancelled; one that cannot be heard does not stop a cancellation: it is asked about
 * further, and money that it tells of later is late.
 *
 * @throws Fault `order_not_found`, `invalid_transition`.
 */
export async function cancelOrder(
  engine: Engine,
  { orderId, customerId, actor, why }: CancelOrder,
): Promise<OrderView> {
  const order = await orders.find(engine.db, orderId);
  if (order === undefined || (customerId !== undefined && order.customer_id !== customerId)) {
    throw new Fault("order_not_found", { orderId });
  }
  const heard = order.status === "pending" ? await askToClose(engine, orderId) : new Map<string, never>();

  const cancelled = await transact(engine.db, async (tx) => {
    const locked = await orders.lock(tx, orderId);
    if (locked === undefined) throw new Fault("order_not_found", { orderId });
    if (locked.status !== "pending") {
      throw new Fault("invalid_transition", { orderId, from: locked.status, to: "cancelled" });
    }
    const attempts = await payments.lockOfOrder(tx, orderId);
    const reason = customerId === undefined ? "operator" : "customer";
    const words = wordsOn(engine, attempts, heard);
    return closeOrder(tx, { order: locked, attempts, words }, { actor, reason, to: "cancelled", why });
  });
  await bestEffort(engine, "forget expiry", engine.wake.forgetExpiry(orderId));
  return viewOrder(cancelled, await orders.linesOf(engine.db, [orderId]));
}

async function askToClose(engine: Engine, orderId: string): Promise<Words> {
  const standing = await closeAtGateways(engine, orderId, false);
  return standing.kind === "asked" ? standing.words : new Map();
}
