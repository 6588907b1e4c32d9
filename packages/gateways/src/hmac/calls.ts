import { randomUUID } from "node:crypto";

import { formatAmount } from "@zhanggui/domain";

import { readFlatJson } from "../flat-body.ts";
import type { CloseAnswer, GatewayCalls, Outside, PayAnswer, QueryAnswer } from "../gateway.ts";
import { type HmacKeys, secretsOf } from "./account.ts";
import { readNotice } from "./notice.ts";
import { isSignedBy, sign } from "./signature.ts";

/** After this a call's outcome is unknown (contract). */
const callTimeoutMs = 5_000;
const maximumAnswerBytes = 65_536;

type Answer =
  | { readonly kind: "answered"; readonly fields: ReadonlyMap<string, string> }
  | { readonly kind: "unknown"; readonly why: string };

/** Calls out by the contract's `hmac` scheme: flat signed JSON both ways, an unsigned answer counting as none. */
export const hmacCalls: GatewayCalls<HmacKeys> = {
  isCallable: (account) => account.baseUrl !== undefined,

  async pay(account, call, outside): Promise<PayAnswer> {
    const answer = await post(account, "/pay", outside, {
      out_trade_no: call.outTradeNo,
      amount: formatAmount(call.amount),
      currency: call.currency,
      subject: call.subject,
      notify_url: call.notifyUrl,
      time_expire: call.expiresAt.toISOString(),
    });
    if (answer.kind === "unknown") return answer;
    const url = answer.fields.get("cashier_url");
    return answer.fields.get("code") === "SUCCESS" && url && URL.canParse(url)
      ? { kind: "created", action: { type: "redirect", url } }
      : { kind: "unknown", why: `the gateway answered ${codeOf(answer.fields)}` };
  },

  async query(account, outTradeNo, outside): Promise<QueryAnswer> {
    const answer = await post(account, "/query", outside, { out_trade_no: outTradeNo });
    if (answer.kind === "unknown") return answer;
    if (answer.fields.get("code") === "NOT_FOUND") return { kind: "not_found" };
    const stated = answer.fields.get("out_trade_no");
    if (stated !== undefined && stated !== outTradeNo) {
      return { kind: "unknown", why: "the gateway answered for another payment" };
    }
    const notice = readNotice(new Map([...answer.fields, ["out_trade_no", outTradeNo]]));
    return answer.fields.get("code") === "SUCCESS" && notice?.eventType === "payment"
      ? { kind: "found", notice }
      : { kind: "unknown", why: `the gateway answered ${codeOf(answer.fields)}` };
  },

  async close(account, outTradeNo, outside): Promise<CloseAnswer> {
    const answer = await post(account, "/close", outside, { out_trade_no: outTradeNo });
    if (answer.kind === "unknown") return answer;
    switch (answer.fields.get("code")) {
      case "SUCCESS":
        return { kind: "closed" };
      case "PAID":
        return { kind: "paid" };
      case "NOT_FOUND":
        return { kind: "not_found" };
      default:
        return { kind: "unknown", why: `the gateway answered ${codeOf(answer.fields)}` };
    }
  },
};

function codeOf(fields: ReadonlyMap<string, string>): string {
  return fields.get("code") ?? "without a code";
}

async function post(
  account: HmacKeys,
  path: string,
  outside: Outside,
  words: Readonly<Record<string, string>>,
): Promise<Answer> {
  if (account.baseUrl === undefined) return { kind: "unknown", why: "the account has no baseUrl" };
  const fields = new Map(Object.entries(words));
  fields.set("timestamp", String(Math.floor(outside.now().getTime() / 1000)));
  fields.set("nonce", randomUUID());
  fields.set("sign", sign(fields, account.secret));

  let text: string;
  try {
    const response = await outside.fetch(account.baseUrl.replace(/\/$/, "") + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(Object.fromEntries(fields)),
      redirect: "error",
      signal: AbortSignal.timeout(callTimeoutMs),
    });
    text = await response.text();
  } catch (error) {
    return { kind: "unknown", why: error instanceof Error ? error.message : String(error) };
  }
  const answer = text.length <= maximumAnswerBytes ? readFlatJson(text) : undefined;
  return answer !== undefined && isSignedBy(answer, secretsOf(account))
    ? { kind: "answered", fields: answer }
    : { kind: "unknown", why: "the answer is not signed by the gateway" };
}
