/**
 * What a gateway said of one payment or refund, after its signature was verified: the same few facts whatever the
 * gateway's own words are.
 */
export type Notice = {
  readonly eventType: "payment" | "refund" | "ignored";
  /** The same for every redelivery of one event, different for each different fact. */
  readonly eventKey: string;
  readonly outTradeNo: string;
  readonly transactionId?: string;
  /** Integer fen or cents. */
  readonly amountMinor: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  readonly status: PaymentNoticeStatus | RefundNoticeStatus | "unknown";
  /** The gateway's own word, kept for people to read. */
  readonly rawStatus: string;
  readonly occurredAt?: Date;
  readonly outRefundNo?: string;
  readonly refundMinor?: number;
};

export const paymentNoticeStatuses = ["processing", "succeeded", "failed", "cancelled", "expired"] as const;
export type PaymentNoticeStatus = (typeof paymentNoticeStatuses)[number];

export const refundNoticeStatuses = [
  "refund_processing",
  "refund_succeeded",
  "refund_abnormal",
  "refund_closed",
  "refund_failed",
] as const;
export type RefundNoticeStatus = (typeof refundNoticeStatuses)[number];
