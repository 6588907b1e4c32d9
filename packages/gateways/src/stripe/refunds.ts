import type { RefundNoticeStatus } from "@zhanggui/domain";
import type { z } from "zod";

import type { GatewayCalls, RefundAnswer, RefundQueryAnswer } from "../gateway.ts";
import type { StripeAccount } from "./account.ts";
import { refund as refundObject } from "./event.ts";
import { stripeMinor } from "./minor-units.ts";
import { askStripe, scan, unexpected } from "./request.ts";

type Calls = GatewayCalls<StripeAccount>;
type Refund = z.infer<typeof refundObject>;

const statuses: ReadonlyMap<string, RefundNoticeStatus> = new Map([
  ["pending", "refund_processing"],
  ["requires_action", "refund_processing"],
  ["succeeded", "refund_succeeded"],
  ["failed", "refund_failed"],
  ["canceled", "refund_closed"],
]);

/** Stripe's codes (docs.stripe.com/error-codes) for a refund that it will not make. */
const refusals: ReadonlySet<unknown> = new Set([
  "charge_already_refunded",
  "charge_disputed",
  "charge_not_refundable",
  "balance_insufficient",
  "insufficient_funds",
  "resource_missing",
  "payment_intent_unexpected_state",
]);
const refusingStatuses: ReadonlySet<number> = new Set([400, 402, 404]);

/**
 * An idempotency key is forgotten after a day, our numbers are used for ever: the payment's refunds are looked through
 * for ours before one is made.
 */
export const refund: Calls["refund"] = async (account, call, outside): Promise<RefundAnswer> => {
  const amount = stripeMinor(call.refundAmount, call.currency);
  if (amount === undefined) return { kind: "refused", why: `${call.currency} cannot express the amount` };
  const earlier = await scan(account, outside, {
    path: "/v1/refunds",
    fields: { payment_intent: call.transactionId },
    schema: refundObject,
    isWanted: ({ metadata }) => metadata?.out_refund_no === call.outRefundNo,
  });
  if (earlier.kind === "unknown") return earlier;
  if (earlier.items.length === 0 && !earlier.complete)
    return { kind: "unknown", why: "too many refunds to look through" };

  let made: Refund | undefined = earlier.items[0];
  if (made === undefined) {
    const answer = await askStripe(account, outside, {
      method: "POST",
      path: "/v1/refunds",
      idempotencyKey: `refund-${call.outRefundNo}`,
      fields: {
        payment_intent: call.transactionId,
        amount: String(amount),
        reason: "requested_by_customer",
        "metadata[out_trade_no]": call.outTradeNo,
        "metadata[out_refund_no]": call.outRefundNo,
      },
    });
    if (answer.kind === "error" && refusingStatuses.has(answer.status) && refusals.has(answer.error["code"])) {
      return { kind: "refused", why: String(answer.error["code"]) };
    }
    if (answer.kind !== "answered") return unexpected(answer);
    made = refundObject.safeParse(answer.object).data;
  }
  const status = statuses.get(made?.status ?? "");
  const isOurs =
    made?.metadata?.out_refund_no === call.outRefundNo &&
    made.metadata.out_trade_no === call.outTradeNo &&
    made.payment_intent === call.transactionId &&
    made.amount === amount &&
    made.currency === call.currency;
  return made !== undefined && status !== undefined && isOurs
    ? { kind: "accepted", status, refundId: made.id }
    : { kind: "unknown", why: "the gateway answered for another refund" };
};

/** Stripe cannot be asked for a refund by our number: its payment's refunds are looked through. */
export const refundQuery: Calls["refundQuery"] = async (account, call, outside): Promise<RefundQueryAnswer> => {
  const all = await scan(account, outside, {
    path: "/v1/refunds",
    fields: { payment_intent: call.transactionId },
    schema: refundObject,
    isWanted: ({ metadata }) => metadata?.out_refund_no === call.outRefundNo,
  });
  if (all.kind === "unknown") return all;
  const [found] = all.items;
  if (found === undefined) {
    return all.complete ? { kind: "not_found" } : { kind: "unknown", why: "too many refunds to look through" };
  }
  const status = statuses.get(found.status ?? "");
  return status === undefined
    ? { kind: "unknown", why: "the gateway's word for the refund is not known" }
    : { kind: "found", status, refundId: found.id };
};
