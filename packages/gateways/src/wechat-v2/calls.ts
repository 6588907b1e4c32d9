import type { RefundNoticeStatus } from "@zhanggui/domain";

import type { GatewayCalls, RefundQueryAnswer } from "../gateway.ts";
import { beijingTimeOf, cutToBytes, fenOf, isScannable } from "../wechat-v3/native.ts";
import type { WechatV2Account } from "./account.ts";
import { type Answer, type Unknown, ask, unknown } from "./ask.ts";
import type { FlatXml } from "./flat-xml.ts";
import { readQueried } from "./payment-notice.ts";
import { downloadStatement } from "./statement.ts";

const maximumBodyBytes = 127;
/** WeChat asks for the address of the machine that calls, looks at it for no Native payment, and takes any. */
const callerAddress = "127.0.0.1";

/** `refund_status_n` (WeChat Pay v2 "查询退款"). */
const refundStatuses: ReadonlyMap<string, RefundNoticeStatus> = new Map([
  ["SUCCESS", "refund_succeeded"],
  ["PROCESSING", "refund_processing"],
  ["CHANGE", "refund_abnormal"],
  ["REFUNDCLOSE", "refund_closed"],
]);
/** At most so many partial refunds of one payment (WeChat Pay v2 "申请退款"). */
const maximumRefunds = 50;

/** WeChat Pay v2, Native (扫码): the buyer scans what `code_url` says. */
export const wechatV2Calls: GatewayCalls<WechatV2Account> = {
  isCallable: (account) => account.baseUrl !== undefined,

  async pay(account, call, outside) {
    const totalFee = fenOf(call.amount);
    if (totalFee === undefined) return { kind: "refused", why: "the amount is not a whole number of fen" };
    const answer = await ask(account, outside, "/pay/unifiedorder", {
      trade_type: "NATIVE",
      body: cutToBytes(call.subject, maximumBodyBytes),
      out_trade_no: call.outTradeNo,
      product_id: call.outTradeNo,
      total_fee: String(totalFee),
      fee_type: call.currency,
      spbill_create_ip: callerAddress,
      time_expire: beijingTimeOf(call.expiresAt).replaceAll(/[-T:]/g, ""),
      notify_url: call.notifyUrl,
    });
    if (answer.kind !== "done") return unknown(answer.why);
    const url = answer.said.get("code_url") ?? "";
    return isScannable(url) ? { kind: "created", action: { type: "qr", url } } : unexpected;
  },

  async query(account, { outTradeNo }, outside) {
    const answer = await ask(account, outside, "/pay/orderquery", { out_trade_no: outTradeNo });
    if (isRefusal(answer, "ORDERNOTEXIST")) return { kind: "not_found" };
    if (answer.kind !== "done") return unknown(answer.why);
    if (answer.said.get("out_trade_no") !== outTradeNo) return unknown("the answer is about another payment");
    const notice = readQueried(answer.said);
    return notice === undefined ? unexpected : { kind: "found", notice };
  },

  async close(account, { outTradeNo }, outside) {
    const answer = await ask(account, outside, "/pay/closeorder", { out_trade_no: outTradeNo });
    if (isRefusal(answer, "ORDERPAID")) return { kind: "paid" };
    if (isRefusal(answer, "ORDERCLOSED")) return { kind: "closed" };
    if (isRefusal(answer, "ORDERNOTEXIST")) return { kind: "not_found" };
    if (answer.kind !== "done") return unknown(answer.why);
    return isOnlyClosed(answer.said, outTradeNo) ? { kind: "closed" } : unexpected;
  },

  /** `/secapi/pay/refund` wants the merchant's certificate on the TLS connection, and an account has none. */
  async refund() {
    return unknown("WeChat Pay v2 refunds need mutual TLS with the merchant's certificate: use API v3 or the console");
  },

  async refundQuery(account, { outRefundNo }, outside) {
    const answer = await ask(account, outside, "/pay/refundquery", { out_refund_no: outRefundNo });
    if (isRefusal(answer, "REFUNDNOTEXIST")) return { kind: "not_found" };
    return answer.kind === "done" ? readRefund(answer.said, outRefundNo) : unknown(answer.why);
  },

  statement: downloadStatement,
};

const unexpected: Unknown = { kind: "unknown", why: "WeChat answered without what was asked for" };

function isRefusal(answer: Answer, word: string): boolean {
  return answer.kind === "refused" && answer.code === word;
}

/** The answer to a close says almost nothing, so no signed message with more to say may pass for it. */
function isOnlyClosed(said: FlatXml, outTradeNo: string): boolean {
  const foreign = ["code_url", "prepay_id", "transaction_id", "trade_state", "out_refund_no", "refund_count"];
  return foreign.every((name) => !said.has(name)) && (said.get("out_trade_no") ?? outTradeNo) === outTradeNo;
}

/** The answer lists refunds by a number at the end of each name; one is ours. */
function readRefund(said: FlatXml, outRefundNo: string): RefundQueryAnswer {
  for (let index = 0; index < maximumRefunds; index += 1) {
    if (said.get(`out_refund_no_${index}`) !== outRefundNo) continue;
    const status = refundStatuses.get(said.get(`refund_status_${index}`) ?? "");
    const refundId = said.get(`refund_id_${index}`) ?? "";
    return status === undefined || refundId === "" ? unexpected : { kind: "found", status, refundId };
  }
  return unknown("the answer is about another refund");
}
