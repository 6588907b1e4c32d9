import type { Notice, PaymentNoticeStatus, RefundNoticeStatus } from "@zhanggui/domain";
import type { z } from "zod";

import { noticeOf } from "../event-key.ts";
import { type StripeEvent, charge, checkoutSession, paymentIntent, refund } from "./event.ts";

type Facts = Omit<Notice, "eventKey" | "rawStatus" | "occurredAt"> & {
  /** A word that Stripe does not document; else the event's type is what people read. */
  readonly rawStatus?: string;
};
/** What an event states. `not_ours`: nothing for our book, though well formed. `undefined`: not well formed. */
type Reading = Facts | "not_ours" | undefined;
type Reader = (event: StripeEvent) => Reading;

/**
 * Every event type that moves money or an attempt (docs.stripe.com/api/events/types). All others are acknowledged and
 * ignored, disputes among them: their type stays in `rawStatus`, and `charge.dispute.*` is worth an alert.
 */
const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["payment_intent.succeeded", readPaymentIntent("succeeded")],
  ["payment_intent.created", readPaymentIntent("processing")],
  ["payment_intent.processing", readPaymentIntent("processing")],
  ["payment_intent.requires_action", readPaymentIntent("processing")],
  ["payment_intent.amount_capturable_updated", readPaymentIntent("processing")],
  ["payment_intent.partially_funded", readPaymentIntent("processing")],
  // One attempt failed: the intent waits for another payment method and may succeed yet.
  ["payment_intent.payment_failed", readPaymentIntent("failed")],
  ["payment_intent.canceled", readPaymentIntent("cancelled")],
  ["checkout.session.completed", readCheckoutSession("completed")],
  ["checkout.session.async_payment_succeeded", readCheckoutSession("succeeded")],
  ["checkout.session.async_payment_failed", readCheckoutSession("failed")],
  ["checkout.session.expired", readCheckoutSession("expired")],
  ["charge.expired", readExpiredCharge],
  ["charge.refunded", readRefundedCharge],
  ["charge.refund.updated", readRefund],
  ["refund.created", readRefund],
  ["refund.updated", readRefund],
  ["refund.failed", readRefund],
]);

const completedStatuses: ReadonlyMap<string, PaymentNoticeStatus> = new Map([
  ["paid", "succeeded"],
  ["unpaid", "processing"],
]);

const refundStatuses: ReadonlyMap<string, RefundNoticeStatus> = new Map([
  ["pending", "refund_processing"],
  ["requires_action", "refund_processing"],
  ["succeeded", "refund_succeeded"],
  ["failed", "refund_failed"],
  ["canceled", "refund_closed"],
]);

/** A hold on a card that was let go looks like a refund of money that never came. */
const releasedHold = "expired_uncaptured_charge";
const noCurrency = "XXX";

/**
 * Reads what a verified event states. `undefined` when it is malformed.
 *
 * The key is made of the facts, not of the event's id: Stripe documents that one change may be sent as two events.
 */
export function readNotice(event: StripeEvent): Notice | undefined {
  const reading = readers.get(event.type)?.(event) ?? (readers.has(event.type) ? undefined : "not_ours");
  if (reading === undefined) return undefined;
  const facts = reading === "not_ours" ? ignored(event) : reading;
  return noticeOf({ rawStatus: event.type, ...facts, occurredAt: new Date(event.created * 1000) });
}

/** Nothing in it is a fact of ours, so that its own id is what makes it this event and no other. */
function ignored(event: StripeEvent): Facts {
  return { eventType: "ignored", outTradeNo: event.id, amountMinor: 0, currency: noCurrency, status: "unknown" };
}

function readPaymentIntent(status: PaymentNoticeStatus): Reader {
  return (event) => {
    const intent = read(paymentIntent, event);
    if (intent === undefined) return undefined;
    const outTradeNo = intent.metadata?.out_trade_no;
    if (!outTradeNo) return "not_ours";
    // What was taken may be less than what was authorised.
    const amountMinor = status === "succeeded" ? (intent.amount_received ?? intent.amount) : intent.amount;
    if (status === "succeeded" && amountMinor === 0) return undefined;
    return {
      eventType: "payment",
      outTradeNo,
      transactionId: intent.id,
      amountMinor,
      currency: intent.currency,
      status: status === "cancelled" && intent.cancellation_reason === "expired" ? "expired" : status,
    };
  };
}

/** Only in mode `payment` does a session belong to one payment of ours. */
function readCheckoutSession(said: "completed" | PaymentNoticeStatus): Reader {
  return (event) => {
    const session = read(checkoutSession, event);
    if (session === undefined) return undefined;
    const outTradeNo = session.metadata?.out_trade_no ?? session.client_reference_id;
    if (!outTradeNo || (session.mode ?? "payment") !== "payment") return "not_ours";
    if (session.currency === undefined || session.amount_total === undefined) return undefined;

    const status = said === "completed" ? (completedStatuses.get(session.payment_status ?? "") ?? "unknown") : said;
    const isEmpty = session.payment_intent === undefined || session.amount_total === 0;
    if (status === "succeeded" && isEmpty) return undefined;
    return {
      eventType: "payment",
      outTradeNo,
      ...transactionOf(session),
      amountMinor: session.amount_total,
      currency: session.currency,
      status,
    };
  };
}

function readExpiredCharge(event: StripeEvent): Reading {
  const expired = read(charge, event);
  if (expired === undefined) return undefined;
  const outTradeNo = expired.metadata?.out_trade_no;
  if (!outTradeNo) return "not_ours";
  return {
    eventType: "payment",
    outTradeNo,
    ...transactionOf(expired),
    amountMinor: expired.amount,
    currency: expired.currency,
    status: "expired",
  };
}

/**
 * The one notice of a refund made in Stripe's dashboard that knows our number: a charge inherits the intent's metadata, a
 * refund does not. `amount_refunded` is the running total, and no single refund is named.
 */
function readRefundedCharge(event: StripeEvent): Reading {
  const refunded = read(charge, event);
  if (refunded?.amount_refunded === undefined) return undefined;
  const outTradeNo = refunded.metadata?.out_trade_no;
  if (!outTradeNo || refunded.captured === false) return "not_ours";
  return {
    eventType: "refund",
    outTradeNo,
    ...transactionOf(refunded),
    amountMinor: refunded.amount,
    currency: refunded.currency,
    status: "refund_succeeded",
    refundMinor: refunded.amount_refunded,
  };
}

/** One refund, with our numbers in its own metadata; without them it was not made by us, and `charge.refunded` tells. */
function readRefund(event: StripeEvent): Reading {
  const said = read(refund, event);
  if (said === undefined) return undefined;
  const outTradeNo = said.metadata?.out_trade_no;
  if (!outTradeNo || said.reason === releasedHold) return "not_ours";
  const word = event.type === "refund.failed" ? "failed" : (said.status ?? "");
  const status = refundStatuses.get(word) ?? "unknown";
  return {
    eventType: "refund",
    outTradeNo,
    ...transactionOf(said),
    amountMinor: said.amount,
    currency: said.currency,
    status,
    ...(status === "unknown" && word ? { rawStatus: word } : {}),
    outRefundNo: said.metadata?.out_refund_no || said.id,
    refundMinor: said.amount,
  };
}

function transactionOf({ payment_intent }: { readonly payment_intent?: string | undefined }) {
  return payment_intent === undefined ? {} : { transactionId: payment_intent };
}

function read<Schema extends z.ZodType>(schema: Schema, event: StripeEvent): z.infer<Schema> | undefined {
  const parsed = schema.safeParse(event.data.object);
  return parsed.success ? parsed.data : undefined;
}
