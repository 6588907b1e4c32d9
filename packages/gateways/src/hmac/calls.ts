import { randomUUID } from "node:crypto";

import { formatAmount } from "@zhanggui/domain";

import { type Question, download, exchange } from "../exchange.ts";
import { readFlatJson } from "../flat-body.ts";
import type { GatewayCalls, Outside, StatementAnswer } from "../gateway.ts";
import { type HmacKeys, secretsOf } from "./account.ts";
import { freshnessOf } from "./freshness.ts";
import { readNotice, readRefundStatus } from "./notice.ts";
import { isSignedBy, sign } from "./signature.ts";

type Fields = ReadonlyMap<string, string>;
type Unknown = { readonly kind: "unknown"; readonly why: string };
type Answer = { readonly kind: "answered"; readonly fields: Fields } | Unknown;

/** Words that say no. Any other, such as "busy", leaves open what was done. */
const refusals: ReadonlySet<string> = new Set(["FAIL", "ERROR"]);

/** Calls out by the contract's `hmac` scheme: flat signed JSON both ways, an unsigned answer counting as none. */
export const hmacCalls: GatewayCalls<HmacKeys> = {
  isCallable: (account) => account.baseUrl !== undefined,

  async pay(account, call, outside) {
    const answer = await ask(account, "/pay", outside, {
      out_trade_no: call.outTradeNo,
      amount: formatAmount(call.amount),
      currency: call.currency,
      subject: call.subject,
      notify_url: call.notifyUrl,
      time_expire: call.expiresAt.toISOString(),
    });
    if (answer.kind === "unknown") return answer;
    const url = answer.fields.get("cashier_url");
    if (answer.fields.get("code") === "SUCCESS" && url && isWebAddress(url)) {
      return { kind: "created", action: { type: "redirect", url } };
    }
    return refusalOf(answer.fields) ?? unexpected(answer.fields);
  },

  async query(account, { outTradeNo }, outside) {
    const answer = await ask(account, "/query", outside, { out_trade_no: outTradeNo });
    if (answer.kind === "unknown") return answer;
    const { fields } = answer;
    if (fields.get("code") === "NOT_FOUND") return { kind: "not_found" };
    if ((fields.get("out_trade_no") ?? outTradeNo) !== outTradeNo) {
      return { kind: "unknown", why: "the gateway answered for another payment" };
    }
    const notice = readNotice(new Map([...fields, ["out_trade_no", outTradeNo]]));
    return fields.get("code") === "SUCCESS" && notice?.eventType === "payment"
      ? { kind: "found", notice }
      : unexpected(fields);
  },

  async close(account, { outTradeNo }, outside) {
    const answer = await ask(account, "/close", outside, { out_trade_no: outTradeNo });
    if (answer.kind === "unknown") return answer;
    switch (answer.fields.get("code")) {
      case "SUCCESS":
        return { kind: "closed" };
      case "PAID":
        return { kind: "paid" };
      case "NOT_FOUND":
        return { kind: "not_found" };
      default:
        return unexpected(answer.fields);
    }
  },

  async refund(account, call, outside) {
    const answer = await ask(account, "/refund", outside, {
      out_trade_no: call.outTradeNo,
      out_refund_no: call.outRefundNo,
      amount: formatAmount(call.amount),
      refund_amount: formatAmount(call.refundAmount),
      reason: call.reason,
      notify_url: call.notifyUrl,
    });
    if (answer.kind === "unknown") return answer;
    const { fields } = answer;
    const status = readRefundStatus(fields.get("refund_status") ?? "");
    if (fields.get("code") === "SUCCESS" && status !== "unknown")
      return { kind: "accepted", status, ...refundIdOf(fields) };
    return refusalOf(fields) ?? unexpected(fields);
  },

  async refundQuery(account, { outRefundNo }, outside) {
    const answer = await ask(account, "/refund-query", outside, { out_refund_no: outRefundNo });
    if (answer.kind === "unknown") return answer;
    const { fields } = answer;
    if (fields.get("code") === "NOT_FOUND") return { kind: "not_found" };
    const status = readRefundStatus(fields.get("refund_status") ?? "");
    return fields.get("code") === "SUCCESS" && status !== "unknown"
      ? { kind: "found", status, ...refundIdOf(fields) }
      : unexpected(fields);
  },

  async statement(account, date, outside): Promise<StatementAnswer> {
    const question = signed(account, "/statement", outside, { date });
    // The contract gives the file no signature: it is compared with our book, never written from.
    return question === undefined ? uncallable : download(outside, question);
  },
};

/** A buyer's browser is sent there: a script or a file is no cashier. */
function isWebAddress(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}

function refundIdOf(fields: Fields): { readonly refundId?: string } {
  const refundId = fields.get("refund_id");
  return refundId === undefined ? {} : { refundId };
}

function refusalOf(fields: Fields): { readonly kind: "refused"; readonly why: string } | undefined {
  if (!refusals.has(fields.get("code") ?? "")) return undefined;
  return { kind: "refused", why: fields.get("message") ?? "the gateway refused" };
}

function unexpected(fields: Fields): Unknown {
  return { kind: "unknown", why: `the gateway answered ${fields.get("code") ?? "without a code"}` };
}

/** An answer counts when it is signed by the gateway and, where it says when, fresh. */
async function ask(
  account: HmacKeys,
  path: string,
  outside: Outside,
  words: Readonly<Record<string, string>>,
): Promise<Answer> {
  const answer = await post(account, path, outside, words);
  if (answer.kind === "unknown") return answer;
  const fields = readFlatJson(new TextDecoder().decode(answer.body));
  if (fields === undefined || !isSignedBy(fields, secretsOf(account))) {
    return { kind: "unknown", why: "the answer is not signed by the gateway" };
  }
  return freshnessOf(fields.get("timestamp"), outside.now()) === "fresh"
    ? { kind: "answered", fields }
    : { kind: "unknown", why: "the answer is not fresh" };
}

async function post(account: HmacKeys, path: string, outside: Outside, words: Readonly<Record<string, string>>) {
  const question = signed(account, path, outside, words);
  return question === undefined ? uncallable : exchange(outside, question);
}

const uncallable = { kind: "unknown", why: "the account has no baseUrl" } as const;

function signed(
  account: HmacKeys,
  path: string,
  outside: Outside,
  words: Readonly<Record<string, string>>,
): Question | undefined {
  if (account.baseUrl === undefined) return undefined;
  const fields = new Map(Object.entries(words));
  fields.set("timestamp", String(Math.floor(outside.now().getTime() / 1000)));
  fields.set("nonce", randomUUID());
  fields.set("sign", sign(fields, account.secret));
  return {
    method: "POST",
    url: account.baseUrl.replace(/\/$/, "") + path,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(Object.fromEntries(fields)),
  };
}
