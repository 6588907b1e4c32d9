import type { StateMachine } from "./state-machine.ts";

export type PaymentState = "init" | "processing" | "succeeded" | "failed" | "cancelled" | "expired";
export type PaymentEvent = "start" | "succeed" | "fail" | "cancel" | "expire";

/**
 * The specification's payment machine, with two stated extensions: verified evidence of success raises every other
 * state to `succeeded`, and nothing leaves it; an unstarted attempt closes together with its order.
 */
export const paymentStates: StateMachine<PaymentState, PaymentEvent> = {
  init: { start: "processing", succeed: "succeeded", cancel: "cancelled", expire: "expired" },
  processing: { succeed: "succeeded", fail: "failed", cancel: "cancelled", expire: "expired" },
  succeeded: {},
  failed: { succeed: "succeeded" },
  cancelled: { succeed: "succeeded" },
  expired: { succeed: "succeeded" },
};

/** An open attempt may still be paid without any surprise; a closed one only by late evidence. */
export function isOpen(state: PaymentState): state is "init" | "processing" {
  return state === "init" || state === "processing";
}
