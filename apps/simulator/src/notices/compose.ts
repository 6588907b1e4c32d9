import { randomUUID } from "node:crypto";

import { chargesOf, refundedTransaction } from "../book/charges.ts";
import type { Facts, Notice, Payment, Refund } from "../book/records.ts";

export type Telling = {
  readonly facts: Facts;
  readonly event?: string | undefined;
  readonly eventId: string;
  readonly role: Notice["role"];
  readonly key: Notice["key"];
  /** When it is due. */
  readonly at: Date;
};

/** A notice that nothing was done about yet. */
export function composeNotice(
  about: Pick<Payment | Refund, "provider" | "outTradeNo">,
  notifyUrl: string,
  { facts, event, eventId, role, key, at }: Telling,
): Notice {
  return {
    kind: "notice",
    id: `ntc_${randomUUID()}`,
    provider: about.provider,
    outTradeNo: about.outTradeNo,
    notifyUrl,
    eventId,
    facts,
    ...(event === undefined ? {} : { event }),
    key,
    role,
    createdAt: at.toISOString(),
    attempts: [],
    progress: { state: "pending", nextAt: at.toISOString() },
  };
}

/** What there is to say about a refund that has ended. */
export function refundFacts(payment: Payment, refund: Refund, happenedAt: string): Facts {
  const transactionId = refundedTransaction(payment, refund);
  const charge = chargesOf(payment).find((each) => each.transactionId === transactionId);
  return {
    about: "refund",
    transactionId,
    amount: charge?.paid ?? payment.amount,
    currency: payment.currency,
    outRefundNo: refund.outRefundNo,
    refundId: refund.refundId,
    refundAmount: refund.refundAmount,
    status: refund.standing.status,
    happenedAt,
  };
}
