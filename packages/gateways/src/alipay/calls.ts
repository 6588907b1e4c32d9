import { type Notice, formatAmount, parseAmount, toMinor } from "@zhanggui/domain";

import { noticeOf } from "../event-key.ts";
import { download, exchange } from "../exchange.ts";
import type { GatewayCalls, Outside, StatementAnswer } from "../gateway.ts";
import { readBeijingTime } from "../reading/beijing-time.ts";
import { maximumArchiveBytes } from "../reading/zip.ts";
import type { AlipayAccount } from "./account.ts";
import { type AlipayAnswer, readAlipayAnswer } from "./answer.ts";
import { openBill } from "./bill-archive.ts";
import { readRsaPublicKey } from "./keys.ts";
import { type AlipayWords, alipayRequest, beijingText } from "./request.ts";

type Unknown = { readonly kind: "unknown"; readonly why: string };
type Answer = { readonly kind: "answered"; readonly fields: AlipayAnswer; readonly said: string } | Unknown;

const accepted = "10000";
const idText = /^[\x21-\x7e]{1,64}$/;
/** Alipay refuses these in a subject. */
const forbiddenInSubject = /[/=&]/g;

/** "Not waiting for the buyer": mostly paid, perhaps closed. `paid` is answered, which has the caller query again. */
const notWaiting: ReadonlySet<string> = new Set([
  "ACQ.TRADE_HAS_SUCCESS",
  "ACQ.TRADE_HAS_FINISHED",
  "ACQ.TRADE_STATUS_ERROR",
  "ACQ.REASON_TRADE_STATUS_INVALID",
]);

/**
 * What Alipay documents as "it will not be done" (alipay.trade.refund, 业务错误码). `ACQ.DISCORDANT_REPEAT_REQUEST` and
 * `ACQ.TRADE_STATUS_ERROR` are left out: they may well be the echo of a refund that was made.
 */
const refundRefusals: ReadonlySet<string> = new Set([
  "ACQ.SELLER_BALANCE_NOT_ENOUGH",
  "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
  "ACQ.REASON_TRADE_BEEN_FREEZEN",
  "ACQ.REASON_TRADE_REFUND_FEE_ERR",
  "ACQ.REFUND_FEE_ERROR",
  "ACQ.TRADE_NOT_EXIST",
  "ACQ.TRADE_HAS_FINISHED",
  "ACQ.TRADE_NOT_ALLOW_REFUND",
  "ACQ.ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND",
  "ACQ.BUYER_ERROR",
  "ACQ.BUYER_ENABLE_STATUS_FORBID",
]);

/**
 * Calls to Alipay's gateway. Payments are QR codes (`alipay.trade.precreate`): they work without sending the browser
 * anywhere and back, are shown like the other gateways' codes, and the answer is signed, which a redirect form's is not.
 *
 * The trade exists only once the buyer has scanned: until then query and close answer `not_found`, and the code shown
 * may create it still. `time_expire` ends that, so that close answers `closed` from then on.
 */
export const alipayCalls: GatewayCalls<AlipayAccount> = {
  isCallable: (account) => account.baseUrl !== undefined,

  async pay(account, call, outside) {
    if (call.currency !== "CNY") return { kind: "refused", why: `Alipay takes CNY, not ${call.currency}` };
    const answer = await ask(account, outside, {
      method: "alipay.trade.precreate",
      notifyUrl: call.notifyUrl,
      bizContent: {
        out_trade_no: call.outTradeNo,
        total_amount: formatAmount(call.amount),
        subject: call.subject.replaceAll(forbiddenInSubject, " "),
        seller_id: account.seller_id,
        time_expire: beijingText(call.expiresAt),
      },
    });
    if (answer.kind === "unknown") return answer;
    const url = answer.fields["qr_code"];
    if (answer.said !== accepted || typeof url !== "string" || !isWebAddress(url)) return unexpected(answer.said);
    return isAbout(answer.fields, call.outTradeNo) ? { kind: "created", action: { type: "qr", url } } : another;
  },

  async query(account, { outTradeNo }, outside) {
    const bizContent = { out_trade_no: outTradeNo };
    const answer = await ask(account, outside, { method: "alipay.trade.query", bizContent });
    if (answer.kind === "unknown") return answer;
    if (answer.said === "ACQ.TRADE_NOT_EXIST") return { kind: "not_found" };
    if (answer.said !== accepted) return unexpected(answer.said);
    // An answer names no app: our number, which nobody else's trade with this key has, is what binds it.
    if (!isAbout(answer.fields, outTradeNo)) return another;
    const notice = readTrade(answer.fields, outTradeNo);
    return notice === undefined ? unexpected("with a trade that cannot be read") : { kind: "found", notice };
  },

  async close(account, { outTradeNo, expiresAt }, outside) {
    // Taken before the question: an answer that was given in time must not count as one after the deadline.
    const wasOver = outside.now() >= expiresAt;
    const bizContent = { out_trade_no: outTradeNo };
    const answer = await ask(account, outside, { method: "alipay.trade.close", bizContent });
    if (answer.kind === "unknown") return answer;
    if (answer.said === "ACQ.TRADE_NOT_EXIST") {
      // Nobody has scanned the code, and after its `time_expire` nobody can (alipay.trade.precreate).
      return { kind: wasOver ? "closed" : "not_found" };
    }
    if (answer.said === "ACQ.TRADE_HAS_CLOSE") return { kind: "closed" };
    if (notWaiting.has(answer.said)) return { kind: "paid" };
    if (answer.said !== accepted) return unexpected(answer.said);
    return isAbout(answer.fields, outTradeNo) ? { kind: "closed" } : another;
  },

  async refund(account, call, outside) {
    const answer = await ask(account, outside, {
      method: "alipay.trade.refund",
      bizContent: {
        out_trade_no: call.outTradeNo,
        trade_no: call.transactionId,
        out_request_no: call.outRefundNo,
        refund_amount: formatAmount(call.refundAmount),
        refund_reason: call.reason,
      },
    });
    if (answer.kind === "unknown") return answer;
    if (refundRefusals.has(answer.said)) return { kind: "refused", why: answer.said };
    if (answer.said !== accepted) return unexpected(answer.said);
    if (!isAbout(answer.fields, call.outTradeNo)) return another;
    // `N` is also the answer to a repeated request: only a query tells then.
    const done = answer.fields["fund_change"] === "Y";
    return { kind: "accepted", status: done ? "refund_succeeded" : "refund_processing" };
  },

  /** What became of a refund. Only `REFUND_SUCCESS` says something: no status is "not received, or failed". */
  async refundQuery(account, { outTradeNo, outRefundNo }, outside) {
    const answer = await ask(account, outside, {
      method: "alipay.trade.fastpay.refund.query",
      bizContent: { out_trade_no: outTradeNo, out_request_no: outRefundNo },
    });
    if (answer.kind === "unknown") return answer;
    if (answer.said === "ACQ.TRADE_NOT_EXIST") return { kind: "not_found" };
    if (answer.said !== accepted) return unexpected(answer.said);
    if (answer.fields["refund_status"] !== "REFUND_SUCCESS") return unexpected("without REFUND_SUCCESS");
    return isAbout(answer.fields, outTradeNo) && answer.fields["out_request_no"] === outRefundNo
      ? { kind: "found", status: "refund_succeeded" }
      : another;
  },

  async statement(account, date, outside): Promise<StatementAnswer> {
    const method = "alipay.data.dataservice.bill.downloadurl.query";
    const answer = await ask(account, outside, { method, bizContent: { bill_type: "trade", bill_date: date } });
    if (answer.kind === "unknown") return answer;
    if (answer.said === "isp.bill_not_exist") return { kind: "not_ready", why: answer.said };
    const url = answer.fields["bill_download_url"];
    if (answer.said !== accepted || typeof url !== "string" || !isWebAddress(url)) return unexpected(answer.said);

    const packed = await download(outside, { method: "GET", url });
    return packed.kind === "downloaded" ? unpackBill(packed.file) : packed;
  },
};

/** The bill's table of contents stands at the end of its archive, so the packed bytes are held; unpacked they stream. */
async function unpackBill(file: AsyncIterable<Uint8Array>): Promise<StatementAnswer> {
  try {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of file) {
      bytes += chunk.byteLength;
      if (bytes > maximumArchiveBytes) return { kind: "unknown", why: "the bill is too large" };
      chunks.push(chunk);
    }
    const bill = openBill(Buffer.concat(chunks));
    return bill === undefined
      ? { kind: "unknown", why: "the bill is no archive of one detail file" }
      : { kind: "downloaded", file: bill };
  } catch (error) {
    return { kind: "unknown", why: error instanceof Error ? error.message : String(error) };
  }
}

/** `TRADE_CLOSED` is also what a fully refunded trade says; that one was paid, and tells when. */
function readTrade(fields: AlipayAnswer, outTradeNo: string): Notice | undefined {
  const { trade_no: tradeNo, trade_status: rawStatus, total_amount: total, send_pay_date: paidAt } = fields;
  const amount = typeof total === "string" ? parseAmount(total) : undefined;
  if (typeof rawStatus !== "string" || amount === undefined) return undefined;
  if (tradeNo !== undefined && (typeof tradeNo !== "string" || !idText.test(tradeNo))) return undefined;

  const currency = fields["trans_currency"] ?? "CNY";
  if (typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency)) return undefined;
  const occurredAt = typeof paidAt === "string" ? readBeijingTime(paidAt) : undefined;
  const status = statusOf(rawStatus, occurredAt !== undefined);
  if (status === undefined || (status === "succeeded" && tradeNo === undefined)) return undefined;
  return noticeOf({
    eventType: "payment",
    outTradeNo,
    ...(tradeNo === undefined ? {} : { transactionId: tradeNo }),
    amountMinor: toMinor(amount),
    currency,
    status,
    rawStatus,
    ...(status === "succeeded" && occurredAt !== undefined ? { occurredAt } : {}),
  });
}

function statusOf(word: string, wasPaid: boolean): Notice["status"] | undefined {
  switch (word) {
    case "WAIT_BUYER_PAY":
      return "processing";
    case "TRADE_SUCCESS":
    case "TRADE_FINISHED":
      return "succeeded";
    case "TRADE_CLOSED":
      return wasPaid ? "succeeded" : "cancelled";
    default:
      return undefined;
  }
}

function isAbout(fields: AlipayAnswer, outTradeNo: string): boolean {
  return fields["out_trade_no"] === outTradeNo;
}

const another = { kind: "unknown", why: "the gateway answered for another payment" } as const;

function unexpected(said: string): Unknown {
  return { kind: "unknown", why: `the gateway answered ${said}` };
}

function isWebAddress(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}

async function ask(account: AlipayAccount, outside: Outside, words: AlipayWords): Promise<Answer> {
  const question = alipayRequest(account, words, outside.now());
  const key = readRsaPublicKey(account.alipayPublicKey);
  if (question === undefined || key === undefined) return { kind: "unknown", why: "the account's keys are no keys" };
  const answer = await exchange(outside, question);
  if (answer.kind === "unknown") return answer;
  const fields = readAlipayAnswer(answer.body, words.method, key);
  if (fields === undefined) return { kind: "unknown", why: "the answer is not signed by the gateway" };
  return { kind: "answered", fields, said: wordOf(fields) };
}

/** The one word that says how it went: the business code where there is one, else `code`. */
function wordOf({ code, sub_code }: AlipayAnswer): string {
  if (code === accepted) return accepted;
  // 20000 is "the service is out of order": its sub-code must not be taken for a decision.
  const word = code === "40004" && typeof sub_code === "string" ? sub_code : code;
  return typeof word === "string" ? word : "without a code";
}
