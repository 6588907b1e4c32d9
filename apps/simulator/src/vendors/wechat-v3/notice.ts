import { randomUUID } from "node:crypto";

import type { Answer, Facts, Notice, Payment } from "../../book/records.ts";
import type { NoticeText, Signing } from "../../notices/scheme.ts";
import { seal } from "./aead.ts";
import { fenOf } from "./fen.ts";
import type { WechatAccount, WechatOffice } from "./house.ts";
import { noticeKey } from "./platform-keys.ts";
import { receivedBy, refundStatusOf } from "./refund-words.ts";
import type { Said } from "./reply.ts";
import { signatureHeaders } from "./signature.ts";
import { rfc3339Of } from "./times.ts";
import { paidTrade } from "./trade.ts";

type RefundFacts = Extract<Facts, { readonly about: "refund" }>;

const refundSummaries: ReadonlyMap<string, string> = new Map([
  ["SUCCESS", "退款成功"],
  ["ABNORMAL", "退款异常"],
  ["CLOSED", "退款关闭"],
]);

/** Payments only when they succeed, refunds however they end (WeChat Pay v3 "支付成功回调通知", "退款结果通知"). */
export function tells(facts: Facts): boolean {
  return facts.about === "refund" || facts.status === "SUCCESS";
}

/** The event, its facts encrypted under the APIv3 key, signed with a platform key. */
export function writeNotice(office: WechatOffice, notice: Notice, { at, key }: Signing): NoticeText {
  const body = JSON.stringify({
    id: notice.eventId,
    create_time: rfc3339Of(new Date(notice.createdAt)),
    resource_type: "encrypt-resource",
    ...eventOf(office, notice),
  });
  return {
    headers: {
      "content-type": "application/json",
      "request-id": randomUUID(),
      ...signatureHeaders(noticeKey(office.keys, key), body, at),
    },
    body,
  };
}

/** 200 or 204, with no body or any but a plain refusal (WeChat Pay v3 "通知应答"). */
export function isAcknowledged(answer: Answer): boolean {
  if (answer.kind === "unanswered" || (answer.status !== 200 && answer.status !== 204)) return false;
  return !/^\s*\{\s*"code"\s*:\s*"FAIL"/.test(answer.body);
}

function eventOf({ account, book, provider }: WechatOffice, { outTradeNo, facts }: Notice): Said {
  const payment = book.find(provider, outTradeNo)?.payment;
  if (payment === undefined) throw new Error(`a notice of ${outTradeNo}, which the book has forgotten`);
  if (facts.about === "payment") {
    return {
      event_type: "TRANSACTION.SUCCESS",
      summary: "支付成功",
      resource: resourceOf(account, "transaction", tradeOf(account, payment, facts)),
    };
  }
  const status = refundStatusOf(facts.status);
  return {
    event_type: `REFUND.${status}`,
    summary: refundSummaries.get(status) ?? "退款",
    resource: resourceOf(account, "refund", refundOf(account, outTradeNo, facts)),
  };
}

function resourceOf({ apiV3Key }: WechatAccount, type: "transaction" | "refund", said: Said): Said {
  return { original_type: type, ...seal(JSON.stringify(said), apiV3Key, type) };
}

/** A status that a fault was told to claim stands in `trade_state`: there is one event type of payments. */
function tradeOf(account: WechatAccount, payment: Payment, facts: Facts): Said {
  const { status: state, transactionId, amount, currency, happenedAt } = facts;
  return paidTrade(account, payment, { state, transactionId, amount, currency, paidAt: new Date(happenedAt) });
}

/** A refund's notice names the merchant alone, and no currency. */
function refundOf({ mchid }: WechatAccount, outTradeNo: string, facts: RefundFacts): Said {
  const status = refundStatusOf(facts.status);
  const [total, refund] = [fenOf(facts.amount), fenOf(facts.refundAmount)];
  return {
    mchid,
    transaction_id: facts.transactionId,
    out_trade_no: outTradeNo,
    refund_id: facts.refundId,
    out_refund_no: facts.outRefundNo,
    refund_status: status,
    ...(status === "SUCCESS" ? { success_time: rfc3339Of(new Date(facts.happenedAt)) } : {}),
    user_received_account: receivedBy,
    amount: { total, refund, payer_total: total, payer_refund: refund },
  };
}
