import { type Decimal, type Notice, parseAmount, toMinor } from "@zhanggui/domain";

import { noticeOf } from "../event-key.ts";
import { readBeijingTime } from "../reading/beijing-time.ts";
import { holdsField, joinedId } from "../reading/joined-text.ts";

type Fields = ReadonlyMap<string, string>;
type Facts = Omit<Notice, "eventKey" | "rawStatus">;
type Trade = Pick<Notice, "outTradeNo" | "transactionId" | "amountMinor" | "currency">;

/** What each trade status says of an unrefunded trade, and which field tells when (opendocs.alipay.com, 交易状态说明). */
const payments: ReadonlyMap<string, { readonly status: Notice["status"]; readonly at: string }> = new Map([
  ["WAIT_BUYER_PAY", { status: "processing", at: "gmt_create" }],
  ["TRADE_SUCCESS", { status: "succeeded", at: "gmt_payment" }],
  // Paid and no longer refundable; may come months after the success.
  ["TRADE_FINISHED", { status: "succeeded", at: "gmt_payment" }],
  ["TRADE_CLOSED", { status: "cancelled", at: "gmt_close" }],
]);

/** Alipay re-sends the payment's notice for a refund: the first of these for a part, the second for all of it. */
const refunded: ReadonlySet<string> = new Set(["TRADE_SUCCESS", "TRADE_CLOSED"]);
/** Says that the payment had succeeded, whatever was refunded of it before. */
const finished = "TRADE_FINISHED";

/** The fields whose absence changes what a notice means. */
const tellingFields = [
  "charset",
  "gmt_close",
  "gmt_create",
  "gmt_payment",
  "gmt_refund",
  "notify_type",
  "out_biz_no",
  "refund_fee",
  "trans_currency",
];
/** The fields that every notice of a trade is read from. */
const tradeFields = ["app_id", "out_trade_no", "seller_id", "total_amount", "trade_no", "trade_status"];
/** What the shop or its buyer wrote, and Alipay echoes. */
const echoedFields: ReadonlySet<string> = new Set(["body", "passback_params", "subject"]);
const tradeNotice = "trade_status_sync";
const statusWord = /^[\x20-\x25\x27-\x3c\x3e-\x7e]{1,64}$/;
const defaultCurrency = "CNY";
const noCurrency = "XXX";

/** Whether it speaks of a payment. */
export function isTradeNotice(fields: Fields): boolean {
  return (fields.get("notify_type") ?? tradeNotice) === tradeNotice;
}

/** Reads the verified fields of a notice. `undefined` when they do not make one, or could have been cut in two ways. */
export function readNotice(fields: Fields): Notice | undefined {
  if (isCutAnew(fields)) return undefined;
  if (!isTradeNotice(fields)) return readOtherNotice(fields);

  const rawStatus = fields.get("trade_status") ?? "";
  const trade = readTrade(fields);
  if (!statusWord.test(rawStatus) || trade === undefined) return undefined;

  const status = rawStatus.toUpperCase();
  const refund = parseAmount(fields.get("refund_fee") ?? "0");
  if (refund === undefined) return undefined;
  const speaksOfRefund = refund.greaterThan(0) || fields.has("gmt_refund");
  const facts =
    speaksOfRefund && status !== finished
      ? readRefund(fields, { trade, status, refund })
      : readPayment(fields, trade, status);
  return facts && noticeOf({ ...facts, rawStatus });
}

/** The amount that the order is compared with is `total_amount`; coupons make `receipt_amount` smaller. */
function readTrade(fields: Fields): Trade | undefined {
  const outTradeNo = fields.get("out_trade_no") ?? "";
  const transactionId = fields.get("trade_no");
  const amount = parseAmount(fields.get("total_amount") ?? "");
  const currency = fields.get("trans_currency") ?? defaultCurrency;
  if (!joinedId.test(outTradeNo) || amount === undefined || !/^[A-Z]{3}$/.test(currency)) return undefined;
  if (transactionId === undefined) return { outTradeNo, amountMinor: toMinor(amount), currency };
  return joinedId.test(transactionId)
    ? { outTradeNo, transactionId, amountMinor: toMinor(amount), currency }
    : undefined;
}

function readPayment(fields: Fields, trade: Trade, word: string): Facts | undefined {
  const said = payments.get(word);
  if (said === undefined) return { ...trade, eventType: "payment", status: "unknown" };
  const isEmpty = trade.transactionId === undefined || trade.amountMinor === 0;
  if (said.status === "succeeded" && isEmpty) return undefined;
  return withTime({ ...trade, eventType: "payment", status: said.status }, fields.get(said.at));
}

type Refund = { readonly trade: Trade; readonly status: string; readonly refund: Decimal };

/** `refund_fee` is the running total of all refunds of the trade; `out_biz_no` is our number of the last one. */
function readRefund(fields: Fields, { trade, status, refund }: Refund): Facts | undefined {
  const outRefundNo = fields.get("out_biz_no");
  if (outRefundNo !== undefined && !joinedId.test(outRefundNo)) return undefined;
  const isKnown = refunded.has(status) && refund.greaterThan(0);
  const facts: Facts = {
    ...trade,
    eventType: "refund",
    status: isKnown ? "refund_succeeded" : "unknown",
    refundMinor: toMinor(refund),
    ...(outRefundNo === undefined ? {} : { outRefundNo }),
  };
  return withTime(facts, fields.get("gmt_refund"));
}

function withTime(facts: Facts, text: string | undefined): Facts | undefined {
  if (text === undefined) return facts;
  const occurredAt = readBeijingTime(text);
  return occurredAt && { ...facts, occurredAt };
}

/** Signed, ours, and no trade notice: acknowledged, else it is sent for a day. Its `notify_id` is its identity. */
function readOtherNotice(fields: Fields): Notice | undefined {
  const rawStatus = fields.get("notify_type") ?? "";
  const notifyId = fields.get("notify_id") ?? "";
  if (!joinedId.test(notifyId) || !statusWord.test(rawStatus)) return undefined;
  const facts = {
    eventType: "ignored",
    outTradeNo: notifyId,
    amountMinor: 0,
    currency: noCurrency,
    status: "unknown",
  } as const satisfies Facts;
  return noticeOf({ ...facts, rawStatus });
}

/**
 * Joining `name=value` with `&` unescaped lets a field be hidden inside the value that sorts before it, with the same
 * signed text: a refund would then read as a payment, or one fen as a fortune. An echoed text may look like a field that
 * is there as well: to hide the true one it would have to swallow a telling field on the way. Only `seller_id` lies
 * between two echoed texts.
 */
function isCutAnew(fields: Fields): boolean {
  const mayHold = (holder: string, name: string) =>
    fields.has(name) && echoedFields.has(holder) && name !== "seller_id";
  return [...tellingFields, ...tradeFields].some((name) =>
    [...fields].some(([holder, value]) => holdsField(value, name) && !mayHold(holder, name)),
  );
}
