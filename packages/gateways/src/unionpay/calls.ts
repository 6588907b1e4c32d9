import type { GatewayCalls, RefundCall } from "../gateway.ts";
import { cutToBytes, fenOf } from "../wechat-v3/native.ts";
import type { UnionpayAccount } from "./account.ts";
import { type Answer, ask, noKey, unknown } from "./ask.ts";
import { outcomeOf, readQueried } from "./notice.ts";
import { standingOf } from "./query.ts";
import { type Fields, addressOf, beijingText, signedRequest } from "./request.ts";
import { downloadStatement } from "./statement.ts";

/** 8 to 40 letters and digits, neither `-` nor `_` (产品接口规范, orderId). */
const orderNumber = /^[0-9A-Za-z]{8,40}$/;
const paymentNumber = /^[0-9A-Za-z]{1,32}$/;
const largestFen = 999_999_999_999;

/** Signs that structure a value in braces; UnionPay asks to keep them out of texts. */
const structural = /[&={}[\]]/g;
const maximumCommodityBytes = 128;

const currency = "CNY";
/** B2C 网关支付 in a browser on a computer or tablet, settled in 人民币. */
const gatewayPayment = { bizType: "000201", channelType: "07", currencyCode: "156" };

/** 交易已受理: what a refund's answer says is that it was taken, and what becomes of it is asked for (UnionPay's example). */
const refundTaken: ReadonlySet<string> = new Set(["00", "A6", "03", "04", "05"]);

/** Codes that say that this refund is not made (应答码): its form, its signature, the merchant's rights, the payment. */
const refundRefusals: ReadonlySet<string> = new Set(["10", "11", "13", "31", "32", "33", "35", "36", "39", "43", "45"]);

/**
 * 银联全渠道 5.1.0, 网关支付: the buyer's browser posts a signed form to UnionPay. There is no call that closes a payment:
 * `payTimeout` does, and what a query says after it is final (UnionPay's own example).
 */
export const unionpayCalls: GatewayCalls<UnionpayAccount> = {
  isCallable: (account) => account.baseUrl !== undefined,

  async pay(account, call) {
    const txnAmt = fenTextOf(call.amount, call.currency);
    if (txnAmt === undefined || !orderNumber.test(call.outTradeNo)) return refused(notSendable);
    const commodity = cutToBytes(call.subject.replaceAll(structural, " "), maximumCommodityBytes);
    const fields = signedRequest(account, {
      ...gatewayPayment,
      txnType: "01",
      txnSubType: "01",
      orderId: call.outTradeNo,
      txnTime: beijingText(call.startedAt),
      txnAmt,
      backUrl: call.notifyUrl,
      frontUrl: call.returnUrl,
      payTimeout: beijingText(call.expiresAt),
      riskRateInfo: commodity === "" ? "" : `{commodityName=${commodity}}`,
    });
    if (fields === undefined) return noKey;
    return { kind: "created", action: { type: "form", url: addressOf(account, "frontTransReq"), fields } };
  },

  async query(account, { outTradeNo, startedAt, expiresAt }, outside) {
    if (!orderNumber.test(outTradeNo)) return unknown(notSendable);
    // Taken before the question: an answer that was given in time must not count as one after the deadline.
    const wasOver = isOver(expiresAt, outside.now());
    const standing = await standingOf(account, { orderId: outTradeNo, at: startedAt }, outside);
    if (standing.kind !== "known") return standing;
    const notice = readQueried(standing.fields, wasOver);
    return notice === undefined ? unknown("UnionPay's answer cannot be read as a payment") : { kind: "found", notice };
  },

  /** Nothing is closed: answers whether `payTimeout` has. Until then the form can be posted, even for the first time. */
  async close(account, { outTradeNo, startedAt, expiresAt }, outside) {
    if (!orderNumber.test(outTradeNo)) return unknown(notSendable);
    const wasOver = isOver(expiresAt, outside.now());
    const standing = await standingOf(account, { orderId: outTradeNo, at: startedAt }, outside);
    if (standing.kind === "unknown") return standing;
    if (standing.kind === "known" && outcomeOf(standing.code) === "succeeded") return { kind: "paid" };
    return wasOver
      ? { kind: "closed" }
      : unknown(`UnionPay has no call that closes: it takes money until ${expiresAt.toISOString()}`);
  },

  /** Never made twice: UnionPay refuses a number and time that it knows (12 重复交易). */
  async refund(account, call, outside) {
    const txnAmt = fenTextOf(call.refundAmount, call.currency);
    if (txnAmt === undefined || !orderNumber.test(call.outRefundNo) || !paymentNumber.test(call.transactionId)) {
      return refused(notSendable);
    }
    const answer = await ask(account, outside, "backTransReq", {
      ...gatewayPayment,
      txnType: "04",
      txnSubType: "00",
      orderId: call.outRefundNo,
      txnTime: beijingText(call.requestedAt),
      txnAmt,
      origQryId: call.transactionId,
      backUrl: call.notifyUrl,
    });
    if (answer.kind === "unknown") return answer;
    if (!refundTaken.has(answer.code)) return afterRefusal(account, call, { answer, outside });
    return isOf(answer.fields, { txnAmt, origQryId: call.transactionId })
      ? { kind: "accepted", status: "refund_processing", ...refundIdOf(answer.fields) }
      : unknown("the answer is about another refund");
  },

  async refundQuery(account, { outRefundNo, requestedAt }, outside) {
    if (!orderNumber.test(outRefundNo)) return unknown(notSendable);
    const standing = await standingOf(account, { orderId: outRefundNo, at: requestedAt }, outside);
    return standing.kind === "known"
      ? { kind: "found", status: `refund_${outcomeOf(standing.code)}`, ...refundIdOf(standing.fields) }
      : standing;
  },

  statement: downloadStatement,
};

const notSendable = "UnionPay takes whole fen of CNY and numbers of 8 to 40 letters and digits";

function refused(why: string) {
  return { kind: "refused", why } as const;
}

function fenTextOf(amount: RefundCall["amount"], of: string): string | undefined {
  const fen = of === currency ? fenOf(amount) : undefined;
  return fen === undefined || fen > largestFen ? undefined : String(fen);
}

function isOver(expiresAt: Date, now: Date): boolean {
  return now > expiresAt;
}

type Refused = {
  readonly answer: Extract<Answer, { readonly kind: "answered" }>;
  readonly outside: Parameters<typeof standingOf>[2];
};

/**
 * What a code that is no acceptance means. The same refund asked for again is refused as well, perhaps for its old
 * `txnTime`, while the first one goes its way: only an order that UnionPay does not know, or knows as failed, is none.
 */
async function afterRefusal(account: UnionpayAccount, call: RefundCall, { answer, outside }: Refused) {
  const standing = await standingOf(account, { orderId: call.outRefundNo, at: call.requestedAt }, outside);
  if (standing.kind === "known") {
    const outcome = outcomeOf(standing.code);
    return outcome === "failed"
      ? refused(standing.why)
      : ({ kind: "accepted", status: `refund_${outcome}`, ...refundIdOf(standing.fields) } as const);
  }
  const isRefusal = standing.kind === "not_found" && refundRefusals.has(answer.code);
  return isRefusal ? refused(answer.why) : unknown(answer.why);
}

/** Whether the answer says the same where it repeats the request. */
function isOf(said: ReadonlyMap<string, string>, asked: Fields): boolean {
  return Object.entries(asked).every(([name, value]) => (said.get(name) ?? value) === value);
}

/** A refund's own number at UnionPay, where there is one already. */
function refundIdOf(fields: ReadonlyMap<string, string>): { readonly refundId?: string } {
  const queryId = fields.get("queryId");
  return queryId !== undefined && paymentNumber.test(queryId) ? { refundId: queryId } : {};
}
