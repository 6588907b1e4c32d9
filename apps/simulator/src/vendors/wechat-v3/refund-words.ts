import { amountOf } from "../../book/standing.ts";
import type { Payment, Refund } from "../../book/records.ts";
import { fenOf } from "./fen.ts";
import type { Said } from "./reply.ts";
import { rfc3339Of } from "./times.ts";

/** WeChat has no failed refund beside the one that it closes. */
export function refundStatusOf(status: string): string {
  return status === "FAIL" ? "CLOSED" : status;
}

/** What buyers are shown as the place where their money went. */
export const receivedBy = "支付用户零钱";

/** A refund as the answers to its call and to its query say it (WeChat Pay v3 "申请退款", "查询单笔退款"). */
export function refundSaid(payment: Payment, refund: Refund): Said {
  const [total, returned] = [fenOf(amountOf(payment)), fenOf(refund.refundAmount)];
  const { standing } = refund;
  return {
    refund_id: refund.refundId,
    out_refund_no: refund.outRefundNo,
    transaction_id: payment.transactionId,
    out_trade_no: refund.outTradeNo,
    channel: "ORIGINAL",
    user_received_account: receivedBy,
    ...(standing.status === "SUCCESS" ? { success_time: rfc3339Of(new Date(standing.settledAt)) } : {}),
    create_time: rfc3339Of(new Date(refund.createdAt)),
    status: refundStatusOf(standing.status),
    funds_account: "AVAILABLE",
    amount: {
      total,
      refund: returned,
      payer_total: total,
      payer_refund: returned,
      settlement_total: total,
      settlement_refund: returned,
      discount_refund: 0,
      currency: payment.currency,
      from: [],
    },
    promotion_detail: [],
  };
}
