import type { StateMachine } from "./state-machine.ts";

export type OrderState = "pending" | "paid" | "shipped" | "completed" | "refunded" | "cancelled";
export type OrderEvent = "pay" | "cancel" | "ship" | "complete" | "refund" | "revive";

/**
 * The specification's order machine, with one stated extension: `revive` takes a cancelled order whose money arrived
 * late to `paid`, and only when its stock could be reserved again.
 */
export const orderStates: StateMachine<OrderState, OrderEvent> = {
  pending: { pay: "paid", cancel: "cancelled" },
  paid: { ship: "shipped", refund: "refunded", cancel: "cancelled" },
  shipped: { complete: "completed", refund: "refunded" },
  completed: { refund: "refunded" },
  refunded: {},
  cancelled: { revive: "paid" },
};
