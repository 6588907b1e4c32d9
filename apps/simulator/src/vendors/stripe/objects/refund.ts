import type { Payment, Refund } from "../../../book/records.ts";
import { idOf } from "../ids.ts";
import { minorOf } from "../parameters.ts";
import { metadataOf } from "../words.ts";
import { chargeIdOf } from "./charge.ts";
import { type StripeObject, secondsOf } from "./object.ts";

export type RefundObject = StripeObject & { readonly id: string; readonly created: number };

const statuses: ReadonlyMap<string, string> = new Map([
  ["PROCESSING", "pending"],
  ["SUCCESS", "succeeded"],
  ["FAIL", "failed"],
  // Stripe has no word for money that is stuck: it came back to the merchant's balance.
  ["ABNORMAL", "failed"],
  ["CLOSED", "canceled"],
]);

export function refundTransactionIdOf({ refundId }: Pick<Refund, "refundId">): string {
  return idOf("txn", refundId);
}

/** docs.stripe.com/api/refunds/object. `word` is the book's status, or what a notice was told to claim. */
export function refundOf(payment: Payment, refund: Refund, word: string = refund.standing.status): RefundObject {
  const status = statuses.get(word) ?? word;
  return {
    id: refund.refundId,
    object: "refund",
    amount: minorOf(refund.refundAmount, payment.currency),
    balance_transaction: status === "succeeded" ? refundTransactionIdOf(refund) : null,
    charge: chargeIdOf(payment),
    created: secondsOf(refund.createdAt),
    currency: payment.currency.toLowerCase(),
    destination_details: { type: "card", card: { type: "refund" } },
    ...(status === "failed" ? { failure_reason: "lost_or_stolen_card" } : {}),
    metadata: metadataOf(refund),
    payment_intent: payment.transactionId,
    reason: refund.reason === "" ? null : refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status,
    transfer_reversal: null,
  };
}
