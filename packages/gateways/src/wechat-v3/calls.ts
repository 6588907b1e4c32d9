import { z } from "zod";

import type { GatewayCalls, RefundCall } from "../gateway.ts";
import type { JsonObject } from "../reading/strict-json.ts";
import type { WechatV3Account } from "./account.ts";
import { type Answer, type Unknown, ask, textOf, undecided, unknown } from "./ask.ts";
import { beijingTimeOf, cutToBytes, fenOf, isScannable } from "./native.ts";
import { readQueried, readRefundStatus } from "./notice.ts";
import { downloadStatement } from "./statement.ts";
import { isCombined, isOurs } from "./verify.ts";

const maximumDescriptionBytes = 127;
const maximumReasonBytes = 80;

/** WeChat's older and newer spelling of each word. */
const noOrder: ReadonlySet<string> = new Set(["ORDER_NOT_EXIST", "ORDERNOTEXIST"]);
const orderPaid: ReadonlySet<string> = new Set(["ORDERPAID", "ORDER_PAID"]);
const orderClosed: ReadonlySet<string> = new Set(["ORDER_CLOSED", "ORDERCLOSED"]);
const noRefund: ReadonlySet<string> = new Set(["RESOURCE_NOT_EXISTS"]);

/**
 * Words that say that no money moves (WeChat Pay v3 "申请退款", error codes). INVALID_REQUEST is not among them: it is
 * also said when the number was used before with other words, that is when there is a refund.
 */
const refundRefusals: ReadonlySet<string> = new Set([
  "PARAM_ERROR",
  "NO_AUTH",
  "NOT_ENOUGH",
  "USER_ACCOUNT_ABNORMAL",
  "MCH_NOT_EXISTS",
  "RESOURCE_NOT_EXISTS",
]);

/** WeChat Pay API v3, Native (扫码): the buyer scans what `code_url` says. */
export const wechatV3Calls: GatewayCalls<WechatV3Account> = {
  isCallable: (account) => account.baseUrl !== undefined,

  async pay(account, call, outside) {
    const total = fenOf(call.amount);
    if (total === undefined) return { kind: "refused", why: "the amount is not a whole number of fen" };
    const answer = await ask(account, outside, {
      method: "POST",
      path: "/v3/pay/transactions/native",
      body: {
        appid: account.appid,
        mchid: account.mchid,
        description: cutToBytes(call.subject, maximumDescriptionBytes),
        out_trade_no: call.outTradeNo,
        time_expire: `${beijingTimeOf(call.expiresAt)}+08:00`,
        notify_url: call.notifyUrl,
        amount: { total, currency: call.currency },
      },
    });
    if (answer.kind !== "done") return undecided(answer);
    const url = textOf(answer.said["code_url"]);
    return isScannable(url) ? { kind: "created", action: { type: "qr", url } } : unexpected(answer);
  },

  async query(account, { outTradeNo }, outside) {
    const path = `/v3/pay/transactions/out-trade-no/${encodeURIComponent(outTradeNo)}?mchid=${account.mchid}`;
    const answer = await ask(account, outside, { method: "GET", path });
    if (isRefusal(answer, noOrder)) return { kind: "not_found" };
    if (answer.kind !== "done") return undecided(answer);

    const { said } = answer;
    if (isCombined(said) || !isOurs(account, said, true)) return unknown("the answer is about another merchant");
    if (said["out_trade_no"] !== outTradeNo) return unknown("the answer is about another payment");
    const notice = readQueried(said);
    return notice === undefined ? unexpected(answer) : { kind: "found", notice };
  },

  async close(account, { outTradeNo }, outside) {
    const answer = await ask(account, outside, {
      method: "POST",
      path: `/v3/pay/transactions/out-trade-no/${encodeURIComponent(outTradeNo)}/close`,
      body: { mchid: account.mchid },
    });
    if (isRefusal(answer, orderPaid)) return { kind: "paid" };
    if (isRefusal(answer, orderClosed)) return { kind: "closed" };
    if (isRefusal(answer, noOrder)) return { kind: "not_found" };
    if (answer.kind !== "done") return undecided(answer);
    return answer.status === 204 ? { kind: "closed" } : unexpected(answer);
  },

  async refund(account, call, outside) {
    const [total, refund] = [fenOf(call.amount), fenOf(call.refundAmount)];
    if (total === undefined || refund === undefined) return unknown("an amount is not a whole number of fen");
    const reason = cutToBytes(call.reason, maximumReasonBytes);
    const answer = await ask(account, outside, {
      method: "POST",
      path: "/v3/refund/domestic/refunds",
      body: {
        transaction_id: call.transactionId,
        out_refund_no: call.outRefundNo,
        ...(reason === "" ? {} : { reason }),
        notify_url: call.notifyUrl,
        amount: { refund, total, currency: call.currency },
      },
    });
    if (isRefusal(answer, refundRefusals)) return { kind: "refused", why: answer.why };
    if (answer.kind !== "done") return undecided(answer);

    const said = readRefund(answer.said, call.outRefundNo);
    if (said === undefined) return unexpected(answer);
    return isOf(said, call, { total, refund })
      ? { kind: "accepted", status: said.status, refundId: said.refundId }
      : unknown("the answer is about another refund");
  },

  async refundQuery(account, { outRefundNo }, outside) {
    const path = `/v3/refund/domestic/refunds/${encodeURIComponent(outRefundNo)}`;
    const answer = await ask(account, outside, { method: "GET", path });
    if (isRefusal(answer, noRefund)) return { kind: "not_found" };
    if (answer.kind !== "done") return undecided(answer);
    const said = readRefund(answer.said, outRefundNo);
    return said === undefined ? unexpected(answer) : { kind: "found", status: said.status, refundId: said.refundId };
  },

  statement: downloadStatement,
};

function isRefusal(
  answer: Answer,
  words: ReadonlySet<string>,
): answer is Extract<Answer, { readonly kind: "refused" }> {
  return answer.kind === "refused" && words.has(answer.code);
}

function unexpected({ status }: { readonly status: number }): Unknown {
  return unknown(`WeChat answered ${status} without what was asked for`);
}

const refundAnswer = z.object({
  refund_id: z.string().regex(/^[\x21-\x7e]{1,64}$/),
  out_refund_no: z.string(),
  transaction_id: z.string(),
  status: z.string(),
  amount: z.object({ total: z.int(), refund: z.int() }),
});

/** A refund's answer names no merchant: it is known by its number, which is ours alone. */
function readRefund(plaintext: JsonObject, outRefundNo: string) {
  const said = refundAnswer.safeParse(plaintext).data;
  const status = readRefundStatus(said?.status ?? "");
  if (said === undefined || status === undefined || said.out_refund_no !== outRefundNo) return undefined;
  return { status, refundId: said.refund_id, transactionId: said.transaction_id, amount: said.amount };
}

function isOf(
  said: { readonly transactionId: string; readonly amount: { readonly total: number; readonly refund: number } },
  call: RefundCall,
  { total, refund }: { readonly total: number; readonly refund: number },
): boolean {
  return said.transactionId === call.transactionId && said.amount.total === total && said.amount.refund === refund;
}
