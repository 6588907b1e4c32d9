import type { Notice, PaymentNoticeStatus, RefundNoticeStatus } from "@zhanggui/domain";
import { z } from "zod";

import { noticeOf } from "../event-key.ts";
import { readRfc3339 } from "../reading/instant.ts";
import type { JsonObject } from "../reading/strict-json.ts";

/**
 * `trade_state` (WeChat Pay v3 "查询订单", "支付通知"). A failed attempt stays NOTPAY and may be tried again. REFUND is
 * not here: the payment had succeeded but its money has left again, so neither goods nor a failure may follow from it;
 * the state is kept and a person looks at the refund record.
 */
const paymentStatuses: ReadonlyMap<string, PaymentNoticeStatus> = new Map([
  ["SUCCESS", "succeeded"],
  ["NOTPAY", "processing"],
  ["USERPAYING", "processing"],
  ["ACCEPT", "processing"],
  ["CLOSED", "cancelled"],
  ["REVOKED", "cancelled"],
  ["PAYERROR", "failed"],
]);

/** `refund_status` (WeChat Pay v3 "退款结果通知", "查询单笔退款"). ABNORMAL: the money could not be returned. */
const refundStatuses: ReadonlyMap<string, RefundNoticeStatus> = new Map([
  ["SUCCESS", "refund_succeeded"],
  ["PROCESSING", "refund_processing"],
  ["ABNORMAL", "refund_abnormal"],
  ["CLOSED", "refund_closed"],
]);

/** Below 10^12 yuan, as every other amount of ours. */
const maximumMinor = 99_999_999_999_999;
const minor = z.int().min(1).max(maximumMinor);
const id = z.string().regex(/^[\x21-\x7e]{1,64}$/);
const word = z.string().regex(/^[\x21-\x7e]{1,64}$/);
const currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .default("CNY");
const time = z
  .string()
  .refine((text) => text === "" || readRfc3339(text) !== undefined)
  .default("");

const payment = z.object({
  out_trade_no: id,
  transaction_id: id.optional(),
  trade_state: word,
  success_time: time,
  amount: z.object({ total: minor, currency }),
});

const refund = z.object({
  out_trade_no: id,
  transaction_id: id,
  out_refund_no: id,
  refund_status: word,
  success_time: time,
  amount: z.object({ total: minor, refund: minor, currency }),
});

/**
 * Reads a payment's facts. The order's amount is `amount.total`; `payer_total` is lower when a coupon was used. A
 * success needs both words: the event's and the trade's.
 */
export function readPayment(plaintext: JsonObject, eventType: string): Notice | undefined {
  const said = payment.safeParse(present(plaintext)).data;
  if (said === undefined) return undefined;
  const status = paymentStatuses.get(said.trade_state) ?? "unknown";
  const isComplete = eventType === "TRANSACTION.SUCCESS" && said.transaction_id !== undefined;
  if (status === "succeeded" && !isComplete) return undefined;

  const facts = {
    eventType: "payment",
    outTradeNo: said.out_trade_no,
    ...(said.transaction_id === undefined ? {} : { transactionId: said.transaction_id }),
    amountMinor: said.amount.total,
    currency: said.amount.currency,
    status,
  } as const;
  return noticeOf({ ...facts, rawStatus: said.trade_state, ...occurred(said.success_time) });
}

/**
 * Reads what the answer to a query says of a payment, as the notice of the same fact would. Of what nobody has paid
 * WeChat may leave the amount out, which then says nothing: zero.
 */
export function readQueried(plaintext: JsonObject): Notice | undefined {
  const said = present(plaintext);
  const isPaid = said["trade_state"] === "SUCCESS";
  if (isPaid || said["amount"] !== undefined) return readPayment(said, "TRANSACTION.SUCCESS");

  const notice = readPayment({ ...said, amount: { total: 1 } }, "TRANSACTION.SUCCESS");
  if (notice === undefined) return undefined;
  return noticeOf({ ...notice, amountMinor: 0 });
}

/** WeChat says "none" by leaving a field out, by an empty text and by null. */
function present(plaintext: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(plaintext).filter(([, value]) => value !== "" && value !== null));
}

/** A refund's word as ours. */
export function readRefundStatus(text: string): RefundNoticeStatus | undefined {
  return refundStatuses.get(text);
}

/** Reads a refund's facts. Its notice has no `appid` and no currency. */
export function readRefund(plaintext: JsonObject, eventType: string): Notice | undefined {
  const said = refund.safeParse(present(plaintext)).data;
  if (said === undefined || said.amount.refund > said.amount.total) return undefined;
  const status = refundStatuses.get(said.refund_status) ?? "unknown";
  if (status === "refund_succeeded" && eventType !== "REFUND.SUCCESS") return undefined;

  const facts = {
    eventType: "refund",
    outTradeNo: said.out_trade_no,
    transactionId: said.transaction_id,
    amountMinor: said.amount.total,
    currency: said.amount.currency,
    status,
    outRefundNo: said.out_refund_no,
    refundMinor: said.amount.refund,
  } as const;
  return noticeOf({ ...facts, rawStatus: said.refund_status, ...occurred(said.success_time) });
}

/**
 * A genuine event of a product that we do not use, kept and acknowledged: refused, WeChat would repeat it for a day. Its
 * own id stands for the numbers that it does not have.
 */
export function ignoredNotice(eventId: string, eventType: string): Notice {
  const facts = {
    eventType: "ignored",
    outTradeNo: eventId,
    amountMinor: 0,
    currency: "CNY",
    status: "unknown",
  } as const;
  return noticeOf({ ...facts, rawStatus: eventType });
}

function occurred(successTime: string): { readonly occurredAt?: Date } {
  const occurredAt = readRfc3339(successTime);
  return occurredAt === undefined ? {} : { occurredAt };
}
