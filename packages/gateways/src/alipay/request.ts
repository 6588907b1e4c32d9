import { sign } from "node:crypto";

import type { Question } from "../exchange.ts";
import type { AlipayAccount } from "./account.ts";
import { readRsaPrivateKey } from "./keys.ts";

const defaultUrl = "https://openapi.alipay.com/gateway.do";
const beijingOffsetMs = 8 * 60 * 60 * 1000;

export type AlipayWords = {
  readonly method: string;
  readonly bizContent: Readonly<Record<string, string>>;
  readonly notifyUrl?: string;
};

/**
 * A signed call (opendocs.alipay.com, 公共请求参数): RSA2 over all parameters, sorted, empty ones left out, since the
 * gateway rejects the signature of an empty one. As in Alipay's SDKs the common parameters travel in the address, so that
 * the charset is known before the form is decoded, and `biz_content` in the form. `undefined` without a usable key.
 */
export function alipayRequest(
  account: AlipayAccount,
  { method, bizContent, notifyUrl }: AlipayWords,
  now: Date,
): Question | undefined {
  const key = readRsaPrivateKey(account.appPrivateKey);
  if (key === undefined) return undefined;
  const common = {
    app_id: account.app_id,
    method,
    format: "JSON",
    charset: "utf-8",
    sign_type: "RSA2",
    timestamp: beijingText(now),
    version: "1.0",
    ...(notifyUrl === undefined ? {} : { notify_url: notifyUrl }),
  };
  const biz_content = JSON.stringify(
    Object.fromEntries(Object.entries(bizContent).filter(([, value]) => value !== "")),
  );
  const text = Object.entries({ ...common, biz_content })
    .filter(([, value]) => value !== "")
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const signature = sign("RSA-SHA256", Buffer.from(text, "utf8"), key).toString("base64");

  const url = new URL(account.baseUrl ?? defaultUrl);
  for (const [name, value] of Object.entries({ ...common, sign: signature })) {
    if (value !== "") url.searchParams.set(name, value);
  }
  return {
    method: "POST",
    url: url.href,
    headers: { "content-type": "application/x-www-form-urlencoded;charset=utf-8", accept: "application/json" },
    body: new URLSearchParams({ biz_content }).toString(),
  };
}

/** `yyyy-MM-dd HH:mm:ss`, which Alipay reads as Beijing time; a started second is dropped, so a deadline is never late. */
export function beijingText(time: Date): string {
  return new Date(time.getTime() + beijingOffsetMs).toISOString().slice(0, 19).replace("T", " ");
}
