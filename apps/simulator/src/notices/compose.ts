import { randomUUID } from "node:crypto";

import type { Notice, Payment, Refund } from "../book/records.ts";
import type { Fields } from "../signed-fields.ts";

/** A notice that is due at once. */
export function composeNotice(
  about: Pick<Payment | Refund, "provider" | "outTradeNo" | "notifyUrl">,
  facts: Fields,
  { role, at }: { readonly role: Notice["role"]; readonly at: Date },
): Notice {
  return {
    kind: "notice",
    id: `ntc_${randomUUID()}`,
    provider: about.provider,
    outTradeNo: about.outTradeNo,
    notifyUrl: about.notifyUrl,
    facts,
    role,
    createdAt: at.toISOString(),
    attempts: [],
    progress: { state: "pending", nextAt: at.toISOString() },
  };
}

/** What a refund notice says (contract). */
export function refundFacts(payment: Payment, refund: Refund): Fields {
  return {
    out_trade_no: payment.outTradeNo,
    transaction_id: payment.transactionId,
    amount: payment.standing.status === "SUCCESS" ? payment.standing.paid : payment.amount,
    currency: payment.currency,
    out_refund_no: refund.outRefundNo,
    refund_id: refund.refundId,
    refund_amount: refund.refundAmount,
    refund_status: refund.standing.status,
  };
}
