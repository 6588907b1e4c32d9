import { type Notice, type PaymentNoticeStatus, type RefundNoticeStatus, parseAmount, toMinor } from "@zhanggui/domain";

import { noticeOf } from "../event-key.ts";
import { holdsField, joinedId } from "../reading/joined-text.ts";

/** The `hmac` scheme's status words, in lower case (contract; the specification's 支付状态映射). Others mean failed. */
const paymentStatuses: ReadonlyMap<string, PaymentNoticeStatus> = new Map([
  ["success", "succeeded"],
  ["succeeded", "succeeded"],
  ["trade_success", "succeeded"],
  ["trade_finished", "succeeded"],
  ["cancelled", "cancelled"],
  ["closed", "cancelled"],
  ["revoked", "cancelled"],
  ["trade_closed", "cancelled"],
  ["expired", "expired"],
  ["processing", "processing"],
  ["notpay", "processing"],
  ["userpaying", "processing"],
  ["accept", "processing"],
  ["wait_buyer_pay", "processing"],
  ["failed", "failed"],
  ["fail", "failed"],
  ["payerror", "failed"],
]);

const refundStatuses: ReadonlyMap<string, RefundNoticeStatus> = new Map([
  ["success", "refund_succeeded"],
  ["processing", "refund_processing"],
  ["abnormal", "refund_abnormal"],
  ["closed", "refund_closed"],
  ["fail", "refund_failed"],
]);

/** Whether the word is one that the scheme names; any other is read as failed, and worth a warning. */
export function isDocumentedStatus(rawStatus: string): boolean {
  return paymentStatuses.has(rawStatus.toLowerCase());
}

/** A payment's status word, in any case. */
export function paymentStatusOf(rawStatus: string): PaymentNoticeStatus {
  return paymentStatuses.get(rawStatus.toLowerCase()) ?? "failed";
}

export function readRefundStatus(rawStatus: string): RefundNoticeStatus | "unknown" {
  return refundStatuses.get(rawStatus.toLowerCase()) ?? "unknown";
}

/** A gateway's word is kept for people to read: short, and nothing a database or a terminal would choke on. */
const statusWord = /^[^\p{C}&=]{1,64}$/u;
const defaultCurrency = "CNY";
/** As `joinedId`. A gateway's own ids may be longer than a shop's numbers, and refusing one would refuse its money. */
const transactionIdOfAnyLength = /^[\x21-\x25\x27-\x3c\x3e-\x7e]{1,255}$/;

/** The scheme's own fields. */
const ownFields = [
  "out_trade_no",
  "transaction_id",
  "amount",
  "currency",
  "status",
  "timestamp",
  "out_refund_no",
  "refund_id",
  "refund_amount",
  "refund_status",
];

/**
 * Whether a field of the scheme may be hidden in the value of another, under the same signed text: without its
 * `timestamp` an old notice would be fresh for ever.
 */
export function isCutAnew(fields: ReadonlyMap<string, string>): boolean {
  return [...fields.values()].some((value) => ownFields.some((name) => holdsField(value, name)));
}

/**
 * Reads the verified fields of a payment or refund notice. `undefined` when they do not make one.
 *
 * The contract lists only a refund's own fields for its notice, so the payment's number may be missing: `outTradeNo` is
 * then the refund's number as well, by which it is found anyway.
 */
export function readNotice(fields: ReadonlyMap<string, string>): Notice | undefined {
  const isRefund = Boolean(fields.get("refund_status"));
  const outTradeNo = fields.get("out_trade_no") || (isRefund && fields.get("out_refund_no")) || "";
  const transactionId = fields.get("transaction_id") || undefined;
  const currency = fields.get("currency") || defaultCurrency;
  if (!joinedId.test(outTradeNo) || !/^[A-Z]{3}$/.test(currency)) return undefined;
  if (transactionId !== undefined && !transactionIdOfAnyLength.test(transactionId)) return undefined;

  const parties = { outTradeNo, currency, ...(transactionId === undefined ? {} : { transactionId }) };
  return isRefund ? readRefund(fields, parties) : readPayment(fields, parties);
}

type Parties = Pick<Notice, "outTradeNo" | "currency" | "transactionId">;

/** Fields of a refund notice. Without its status it is one that somebody has cut, and never a payment. */
const refundFields = ["out_refund_no", "refund_id", "refund_amount"];

function readPayment(fields: ReadonlyMap<string, string>, parties: Parties): Notice | undefined {
  if (refundFields.some((name) => fields.get(name))) return undefined;
  const rawStatus = fields.get("status") ?? "";
  const amount = parseAmount(fields.get("amount") ?? "");
  if (!statusWord.test(rawStatus) || amount === undefined) return undefined;

  const status = paymentStatusOf(rawStatus);
  const isEmpty = parties.transactionId === undefined || amount.isZero();
  if (status === "succeeded" && isEmpty) return undefined;
  return noticeOf({ ...parties, eventType: "payment", amountMinor: toMinor(amount), status, rawStatus });
}

function readRefund(fields: ReadonlyMap<string, string>, parties: Parties): Notice | undefined {
  const rawStatus = fields.get("refund_status") ?? "";
  const outRefundNo = fields.get("out_refund_no") ?? "";
  const refund = parseAmount(fields.get("refund_amount") ?? "");
  const stated = fields.get("amount");
  const amount = stated ? parseAmount(stated) : refund;
  if (!statusWord.test(rawStatus) || !joinedId.test(outRefundNo) || refund === undefined || amount === undefined)
    return undefined;

  return noticeOf({
    ...parties,
    eventType: "refund",
    amountMinor: toMinor(amount),
    status: readRefundStatus(rawStatus),
    rawStatus,
    outRefundNo,
    refundMinor: toMinor(refund),
  });
}
