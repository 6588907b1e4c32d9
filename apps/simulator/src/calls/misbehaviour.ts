import { z } from "zod";

/** A merchant's call about one payment, in no vendor's words. */
export const callName = z.enum(["pay", "query", "close", "refund", "refund_query"]);

/**
 * How a gateway answers it: `stall` works and answers too late, `lose` works and hangs up, `error` does nothing and
 * answers 5xx, `not_found` knows nothing of the payment, `paid_on_close` finds that the buyer has just paid.
 */
export const misbehaviour = z.enum(["normal", "stall", "lose", "error", "not_found", "paid_on_close"]);

export type CallName = z.infer<typeof callName>;
export type Misbehaviour = z.infer<typeof misbehaviour>;

/** Whether a call can go wrong so at all. */
export function canMisbehave(call: CallName, how: Misbehaviour): boolean {
  if (how === "paid_on_close") return call === "close";
  return how !== "not_found" || call !== "pay";
}
