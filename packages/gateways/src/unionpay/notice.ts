import type { Notice } from "@zhanggui/domain";
import { z } from "zod";

import { noticeOf } from "../event-key.ts";
import { readBeijingTime } from "../reading/beijing-time.ts";

/** 人民币. A direct merchant is paid in nothing else, so any other code is refused. */
const yuan = "156";
const currency = "CNY";

const orderNumber = z.string().regex(/^[0-9A-Za-z]{8,40}$/);
const queryNumber = z.string().regex(/^[0-9A-Za-z]{1,32}$/);
const fenText = z
  .string()
  .regex(/^[0-9]{1,12}$/)
  .refine((text) => Number(text) > 0);

const common = {
  orderId: orderNumber,
  respCode: z.string().regex(/^[0-9A-Z]{2}$/),
  txnAmt: fenText,
  txnTime: z
    .string()
    .regex(/^\d{14}$/)
    .refine((text) => readBeijingTime(text) !== undefined),
  traceTime: z
    .string()
    .regex(/^\d{10}$/)
    .optional(),
};

/** 消费. A success has the `queryId`, which is the payment's number at UnionPay. */
const payment = z.object({
  ...common,
  currencyCode: z.literal(yuan),
  queryId: queryNumber.optional(),
});

/** 消费撤销 (31) and 退货 (04): an order of their own, which names the payment by `origQryId`. */
const refund = z.object({
  ...common,
  txnType: z.enum(["04", "31"]),
  currencyCode: z.literal(yuan).default(yuan),
  queryId: queryNumber.optional(),
  origQryId: queryNumber.optional(),
  origOrderId: orderNumber.optional(),
});

type Outcome = "succeeded" | "processing" | "failed";

/** Answer codes (平台接入接口规范 第5部分 附录): A6 is a success with a defect, every code that is not here a failure. */
const outcomes: ReadonlyMap<string, Outcome> = new Map([
  ["00", "succeeded"],
  ["A6", "succeeded"],
  ["03", "processing"],
  ["04", "processing"],
  ["05", "processing"],
]);

/** Products that this merchant does not use: 预授权 and what follows it, 代收, 代付, 账单支付. They notify as well. */
const unusedProducts: ReadonlySet<string> = new Set(["02", "03", "11", "12", "13", "32", "33"]);

/**
 * Reads the verified fields of a back notice. A product that is not used is kept and named, since it is ours. Every
 * other `txnType` is refused: 00 above all, the signed answer to a query, whose `respCode` speaks of the query. Such
 * answers may repeat the order's own type as well; `origRespCode` gives them away.
 */
export function readNotice(fields: ReadonlyMap<string, string>): Notice | undefined {
  if (fields.has("origRespCode")) return undefined;
  const values = Object.fromEntries(fields);
  const txnType = fields.get("txnType") ?? "";
  if (unusedProducts.has(txnType)) return readIgnored(values);
  return txnType === "01" ? readPayment(values) : readRefund(values);
}

const ignored = z.object({ ...common, txnType: z.string() });
const noCurrency = "XXX";

/** Whatever it moved is no payment of the shop's: its order number alone tells it from others. */
function readIgnored(values: Values): Notice | undefined {
  const said = ignored.safeParse(values).data;
  if (said === undefined) return undefined;
  const facts = { outTradeNo: said.orderId, amountMinor: 0, currency: noCurrency } as const;
  return noticeOf({
    ...facts,
    eventType: "ignored",
    status: "unknown",
    rawStatus: `txnType ${said.txnType} respCode ${said.respCode}`,
  });
}

type Values = Readonly<Record<string, string>>;

/**
 * Reads the verified answer to a payment's query, as a notice of the same facts and so with the same key. Before
 * `payTimeout` a failure is a card that was refused and the buyer may take another (UnionPay's own example, 前台类交易
 * 失败可能为中间状态): only when `isFinal` is it one.
 */
export function readQueried(fields: ReadonlyMap<string, string>, isFinal: boolean): Notice | undefined {
  const respCode = fields.get("origRespCode") ?? "";
  // An answer about a payment that is not made yet leaves the currency out.
  const notice = readPayment({ currencyCode: yuan, ...Object.fromEntries(fields), respCode });
  return notice?.status === "failed" && !isFinal ? noticeOf({ ...notice, status: "processing" }) : notice;
}

/** What a code says of an order, where a failure is final: a refund's, or a payment's after `payTimeout`. */
export function outcomeOf(code: string): Outcome {
  return outcomes.get(code) ?? "failed";
}

function readPayment(values: Values): Notice | undefined {
  const said = payment.safeParse(values).data;
  if (said === undefined) return undefined;
  const status = outcomeOf(said.respCode);
  if (status === "succeeded" && said.queryId === undefined) return undefined;

  return complete(said, {
    eventType: "payment",
    outTradeNo: said.orderId,
    ...(said.queryId === undefined ? {} : { transactionId: said.queryId }),
    amountMinor: Number(said.txnAmt),
    currency,
    status,
  });
}

/**
 * A refund is known by its own `orderId`. UnionPay does not always repeat the payment's order number, nor its amount:
 * `outTradeNo` is then the refund's number as well, and `amountMinor` the refund's amount.
 */
function readRefund(values: Values): Notice | undefined {
  const said = refund.safeParse(values).data;
  if (said === undefined) return undefined;

  return complete(said, {
    eventType: "refund",
    outTradeNo: said.origOrderId ?? said.orderId,
    ...(said.origQryId === undefined ? {} : { transactionId: said.origQryId }),
    amountMinor: Number(said.txnAmt),
    currency,
    status: `refund_${outcomeOf(said.respCode)}`,
    outRefundNo: said.orderId,
    refundMinor: Number(said.txnAmt),
  });
}

type Said = { readonly respCode: string; readonly txnTime: string; readonly traceTime?: string | undefined };

function complete(said: Said, facts: Omit<Notice, "eventKey" | "rawStatus" | "occurredAt">): Notice | undefined {
  const occurredAt =
    said.traceTime === undefined ? readBeijingTime(said.txnTime) : tracedAt(said.traceTime, said.txnTime);
  return occurredAt && noticeOf({ ...facts, rawStatus: said.respCode, occurredAt });
}

const halfYearMs = 183 * 24 * 3_600_000;

/** `traceTime` is `MMddHHmmss` of Beijing: its year is the one that brings it nearest to the order's own `txnTime`. */
function tracedAt(traceTime: string, txnTime: string): Date | undefined {
  const ordered = readBeijingTime(txnTime);
  if (ordered === undefined) return undefined;
  const year = Number(txnTime.slice(0, 4));
  return [year, year + 1, year - 1]
    .map((candidate) => readBeijingTime(`${candidate}${traceTime}`))
    .find((traced) => traced !== undefined && Math.abs(traced.getTime() - ordered.getTime()) < halfYearMs);
}
