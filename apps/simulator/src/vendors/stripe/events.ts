import type { Payment, PaymentFacts } from "../../book/records.ts";
import type { Happening } from "../../notices/scheme.ts";
import type { StripeOffice } from "./house.ts";
import { pendingWord, readWords } from "./words.ts";

/** What is told of a payment that has a session, by the book's words; Stripe tells of both objects that changed. */
const sessionEvents: Readonly<Record<string, readonly string[]>> = {
  NOTPAY: ["payment_intent.created"],
  USERPAYING: ["payment_intent.processing"],
  SUCCESS: ["payment_intent.succeeded", "checkout.session.completed"],
  PAYERROR: ["payment_intent.payment_failed"],
  CLOSED: ["checkout.session.expired"],
  EXPIRED: ["checkout.session.expired"],
};

const intentEvents: Readonly<Record<string, readonly string[]>> = {
  ...sessionEvents,
  SUCCESS: ["payment_intent.succeeded"],
  CLOSED: ["payment_intent.canceled"],
  EXPIRED: ["payment_intent.canceled"],
};

/** A refund is told when it is made and again when that was not its end; the charge is told when its money has gone. */
const refundEvents: Readonly<Record<string, readonly string[]>> = {
  PROCESSING: ["refund.created"],
  SUCCESS: ["refund.created", "charge.refunded"],
  FAIL: ["refund.failed"],
  ABNORMAL: ["refund.failed"],
  CLOSED: ["refund.updated"],
};

/** The types of the events that tell a happening (docs.stripe.com/api/events/types). A word that is none becomes one. */
export function eventsOf({ book, provider }: StripeOffice, { outTradeNo, facts }: Happening): readonly string[] {
  if (facts.about === "refund") {
    const events = own(refundEvents, facts.status) ?? ["refund.updated"];
    const refund = book.findRefund(provider, facts.outRefundNo);
    const isToldAlready = facts.status === "SUCCESS" && refund?.extra?.[pendingWord] !== undefined;
    return isToldAlready ? ["refund.updated", "charge.refunded"] : events;
  }
  const payment = book.find(provider, outTradeNo)?.payment;
  const events = payment !== undefined && readWords(payment).session !== undefined ? sessionEvents : intentEvents;
  return own(events, facts.status) ?? [`payment_intent.${facts.status.toLowerCase()}`];
}

/** The payment as a notice states it, whatever became of it since, or however false it is. */
export function statedBy(payment: Payment, { status, amount, transactionId, happenedAt }: PaymentFacts): Payment {
  return { ...payment, transactionId, ...standingOf(status, { amount, happenedAt }), currency: payment.currency };
}

function standingOf(
  word: string,
  { amount, happenedAt }: Pick<PaymentFacts, "amount" | "happenedAt">,
): Pick<Payment, "standing"> & Partial<Pick<Payment, "amount">> {
  if (word === "SUCCESS") return { standing: { status: "SUCCESS", paid: amount, paidAt: happenedAt } };
  if (word === "CLOSED" || word === "EXPIRED") return { amount, standing: { status: "CLOSED" } };
  return { amount, standing: { status: word === "PAYERROR" ? "PAYERROR" : "NOTPAY" } };
}

function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
