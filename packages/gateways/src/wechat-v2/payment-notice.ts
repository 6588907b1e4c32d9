import type { Notice, PaymentNoticeStatus } from "@zhanggui/domain";
import { z } from "zod";

import { noticeOf } from "../event-key.ts";
import { readBeijingTime } from "../reading/beijing-time.ts";
import type { FlatXml } from "./flat-xml.ts";

/** `result_code` (WeChat Pay v2 "支付结果通知"): of one attempt, which may be followed by another. */
const results: ReadonlyMap<string, PaymentNoticeStatus> = new Map([
  ["SUCCESS", "succeeded"],
  ["FAIL", "failed"],
]);

/** `trade_state` (WeChat Pay v2 "查询订单"). REFUND is left out: its money has come and gone, a person looks. */
const tradeStates: ReadonlyMap<string, PaymentNoticeStatus> = new Map([
  ["SUCCESS", "succeeded"],
  ["NOTPAY", "processing"],
  ["USERPAYING", "processing"],
  ["ACCEPT", "processing"],
  ["CLOSED", "cancelled"],
  ["REVOKED", "cancelled"],
  ["PAYERROR", "failed"],
]);

export const idText = z.string().regex(/^[\x21-\x7e]{1,64}$/);
export const fenText = z.string().regex(/^[1-9][0-9]{0,13}$/);
export const currencyText = z.string().regex(/^[A-Z]{3}$/);
export const timeText = z.string().refine((text) => readBeijingTime(text) !== undefined);

/** Empty is absent, as it is under the signature. */
const payment = z.object({
  out_trade_no: idText,
  transaction_id: idText.optional(),
  result_code: z.string().regex(/^[A-Z_]{1,32}$/),
  trade_state: z
    .string()
    .regex(/^[A-Z_]{1,32}$/)
    .optional(),
  total_fee: fenText,
  fee_type: currencyText.default("CNY"),
  time_end: timeText.optional(),
});

/** Fields of answers to refund calls, which WeChat signs with the same key: no notice of a payment has them. */
const refundFields = ["refund_id", "out_refund_no", "refund_fee", "refund_count"];

/**
 * Reads a payment's facts from verified fields. The order's amount is `total_fee`; `cash_fee` and
 * `settlement_total_fee` are lower when a coupon was used.
 */
export function readPayment(fields: FlatXml): Notice | undefined {
  if (refundFields.some((name) => (fields.get(name) ?? "") !== "")) return undefined;
  const said = payment.safeParse(present(fields)).data;
  if (said === undefined) return undefined;

  const status = statusOf(said.result_code, said.trade_state);
  if (status === "succeeded" && said.transaction_id === undefined) return undefined;
  const facts = {
    eventType: "payment",
    outTradeNo: said.out_trade_no,
    ...(said.transaction_id === undefined ? {} : { transactionId: said.transaction_id }),
    amountMinor: Number(said.total_fee),
    currency: said.fee_type,
    status,
  } as const;
  const occurredAt = said.time_end === undefined ? undefined : readBeijingTime(said.time_end);
  return noticeOf({
    ...facts,
    rawStatus: said.trade_state ?? said.result_code,
    ...(occurredAt === undefined ? {} : { occurredAt }),
  });
}

/**
 * Reads the answer to a query. Without a `trade_state` it says nothing of the payment; of what nobody has paid WeChat
 * says no amount, which then is zero.
 */
export function readQueried(fields: FlatXml): Notice | undefined {
  const tradeState = fields.get("trade_state") ?? "";
  if (tradeState === "") return undefined;
  if (tradeState === "SUCCESS" || (fields.get("total_fee") ?? "") !== "") return readPayment(fields);

  const notice = readPayment(new Map([...fields, ["total_fee", "1"]]));
  return notice === undefined ? undefined : noticeOf({ ...notice, amountMinor: 0 });
}

/** The answer to a query says SUCCESS for the query itself: where there is a `trade_state`, it alone is the payment's. */
function statusOf(resultCode: string, tradeState: string | undefined): PaymentNoticeStatus | "unknown" {
  if (tradeState === undefined || resultCode !== "SUCCESS") return results.get(resultCode) ?? "unknown";
  return tradeStates.get(tradeState) ?? "unknown";
}

export function present(fields: FlatXml): Readonly<Record<string, string>> {
  return Object.fromEntries([...fields].filter(([, value]) => value !== ""));
}
