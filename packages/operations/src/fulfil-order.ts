import { audit, orders, refunds, transact } from "@zhanggui/db";
import { Fault, orderStates, step } from "@zhanggui/domain";

import type { Engine } from "./engine.ts";
import { type OrderView, viewOrder } from "./views.ts";

export type FulfilOrder = {
  readonly orderId: string;
  readonly event: "ship" | "complete";
  readonly actor: string;
  readonly reason: string | undefined;
};

/**
 * Ships a paid order, or completes a shipped one. What is being paid back is not shipped.
 *
 * @throws Fault `order_not_found`, `invalid_transition`.
 */
export async function fulfilOrder({ db }: Engine, { orderId, event, actor, reason }: FulfilOrder): Promise<OrderView> {
  const moved = await transact(db, async (tx) => {
    const order = await orders.lock(tx, orderId);
    if (order === undefined) throw new Fault("order_not_found", { orderId });
    const to = step(orderStates, order.status, event);
    if (to !== "shipped" && to !== "completed") {
      throw new Fault("invalid_transition", { orderId, from: order.status, event });
    }
    if (event === "ship" && (await refunds.isEnding(tx, orderId))) {
      throw new Fault("invalid_transition", { orderId, event, why: "its money is on the way back" });
    }
    const changed = await orders.move(tx, order, { to });
    await audit.write(tx, [
      {
        actor,
        action: `order.${event}`,
        entity: "order",
        entityId: orderId,
        orderId,
        before: { status: order.status },
        after: { status: to },
        reason,
      },
    ]);
    return changed;
  });
  return viewOrder(moved, await orders.linesOf(db, [orderId]));
}
