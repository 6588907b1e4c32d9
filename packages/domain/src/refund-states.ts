import type { StateMachine } from "./state-machine.ts";
import type { RefundState } from "./states.ts";

export type RefundEvent = "accept" | "lose" | "succeed" | "fail" | "break";

/**
 * A refund on its way. `lose`: a call's outcome was not heard. `break`: the gateway took the refund, but the money did not
 * reach the buyer. Nothing leaves `succeeded`; like a payment's, a failed refund is raised by evidence that it succeeded.
 * A gateway that takes up a broken refund again may call it processing, late or anew: the state waits for its end.
 */
export const refundMachine: StateMachine<RefundState, RefundEvent> = {
  created: { accept: "processing", lose: "unknown", succeed: "succeeded", fail: "failed", break: "abnormal" },
  processing: { succeed: "succeeded", fail: "failed", break: "abnormal" },
  unknown: { accept: "processing", succeed: "succeeded", fail: "failed", break: "abnormal" },
  abnormal: { succeed: "succeeded", fail: "failed" },
  failed: { succeed: "succeeded" },
  succeeded: {},
};

/** Whether the gateway's last word is still to come, so that it is asked again. */
export function isUnderWay(state: RefundState): state is "created" | "processing" | "unknown" {
  return state === "created" || state === "processing" || state === "unknown";
}

/** Whether the amount is kept from every other refund of the same receipt. */
export function keepsReserve(state: RefundState): boolean {
  return state !== "succeeded" && state !== "failed";
}

/**
 * Seconds between the asks about a refund that is not over: quickly at first, hourly in the end, never given up. The
 * first leaves room for a query and a call that both time out.
 */
export const secondsBetweenAsks = [15, 30, 60, 300, 1_800, 3_600] as const;
