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

/**
 * Reads the verified fields of a back notice. Any other `txnType` is refused: 00 above all, the signed answer to a
 * query, whose `respCode` speaks of the query.
 */
export function readNotice(fields: ReadonlyMap<string, string>): Notice | undefined {
  const values = Object.fromEntries(fields);
  return fields.get("txnType") === "01" ? readPayment(values) : readRefund(values);
}

type Values = Readonly<Record<string, string>>;

function readPayment(values: Values): Notice | undefined {
  const said = payment.safeParse(values).data;
  if (said === undefined) return undefined;
  const status = outcomes.get(said.respCode) ?? "failed";
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
    status: `refund_${outcomes.get(said.respCode) ?? "failed"}`,
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
