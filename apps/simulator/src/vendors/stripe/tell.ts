import { randomUUID } from "node:crypto";

import type { Payment, PaymentFacts, Refund } from "../../book/records.ts";
import { amountOf } from "../../book/standing.ts";
import { type Telling, composeNotice, refundFacts } from "../../notices/compose.ts";
import { eventsOf } from "./events.ts";
import type { StripeHouse } from "./house.ts";

/** Tells of a payment that the merchant itself has ended: Stripe tells of every change, whoever made it. */
export function tellClosed(house: StripeHouse, payment: Payment): void {
  const facts: PaymentFacts = {
    about: "payment",
    transactionId: payment.transactionId,
    amount: amountOf(payment),
    currency: payment.currency,
    status: "CLOSED",
    happenedAt: house.now().toISOString(),
  };
  tell(house, payment, facts);
}

/** Tells that a refund was made which has not ended yet. */
export function tellPending(house: StripeHouse, payment: Payment, refund: Refund): void {
  tell(house, payment, refundFacts(payment, refund, refund.createdAt));
}

function tell(house: StripeHouse, payment: Payment, facts: Telling["facts"]): void {
  const { notifyUrl } = payment;
  if (notifyUrl === undefined) return;
  const told = { facts, eventId: randomUUID(), role: "notice", key: "current", at: house.now() } as const;
  for (const event of eventsOf(house, { outTradeNo: payment.outTradeNo, facts })) {
    const notice = composeNotice(payment, notifyUrl, { ...told, event });
    house.book.put(notice);
    house.courier.post(notice);
  }
}
