import { createPublicKey } from "node:crypto";

import { readRsaPrivateKey } from "@zhanggui/gateways";

import { type Answer, invalid, missing } from "./answer.ts";
import { readBeijingText } from "./beijing.ts";
import { decode, readCharset } from "./charset.ts";
import { type ByteFields, readForm } from "./form.ts";
import type { AlipayAccount } from "./house.ts";
import { isSigned, signType, signedText } from "./signature.ts";

/** What every call carries beside its `biz_content`, verified. */
export type Asked = {
  readonly method: string;
  readonly charset: string;
  readonly bizContent: string;
  readonly notifyUrl: string | undefined;
  readonly returnUrl: string | undefined;
  readonly request: Request;
};

export type RequestReading =
  | { readonly ok: true; readonly asked: Asked }
  /** Somebody who is not known, or whose call cannot even be named, gets an answer that is not signed. */
  | {
      readonly ok: false;
      readonly answer: Answer;
      readonly signFor?: { readonly method: string; readonly charset: string };
    };

const required = ["method", "app_id", "charset", "sign_type", "sign", "timestamp", "version"];
/** `return` is the demo shop's way back along its own pages, and no parameter of Alipay's. */
const unsigned: ReadonlySet<string> = new Set(["sign", "return"]);
const methodName = /^[a-z0-9]+(?:\.[a-z0-9]+)+$/;

/**
 * Reads a merchant's call (opendocs.alipay.com, 公共请求参数): parameters stand in the address, in the form, or in both, as
 * Alipay's SDKs send them; all are signed by the app's key, as bytes of the call's charset. There is no freshness.
 */
export async function readRequest(request: Request, account: AlipayAccount): Promise<RequestReading> {
  const bytes = await readParameters(request);
  if (bytes === undefined) return { ok: false, answer: invalid("parameter") };
  const absent = required.find((name) => !bytes.get(name));
  const method = bytes.get("method") ?? "";
  const charset = readCharset(bytes.get("charset") ?? "");
  if (!method || absent === "method") return { ok: false, answer: missing("method") };
  if (!methodName.test(method)) return { ok: false, answer: invalid("method") };
  if (!bytes.get("app_id")) return { ok: false, answer: missing("app-id") };
  if (bytes.get("app_id") !== account.app_id) return { ok: false, answer: invalid("app-id") };
  if (charset === undefined) return { ok: false, answer: invalid("charset") };

  const answer = absent === undefined ? problemOf(bytes, account) : missing(absent.replace("sign", "signature"));
  if (answer !== undefined) return { ok: false, answer, signFor: { method, charset } };
  const text = (name: string) => decode(Buffer.from(bytes.get(name) ?? "", "latin1"), charset);
  const asked = { method, charset, bizContent: text("biz_content"), request };
  return {
    ok: true,
    asked: { ...asked, notifyUrl: text("notify_url") || undefined, returnUrl: text("return_url") || undefined },
  };
}

async function readParameters(request: Request): Promise<ByteFields | undefined> {
  const query = readForm(new URL(request.url).search.slice(1));
  const form = readForm(Buffer.from(await request.arrayBuffer()).toString("latin1"));
  if (query === undefined || form === undefined || [...form.keys()].some((name) => query.has(name))) return undefined;
  return new Map([...query, ...form]);
}

function problemOf(bytes: ByteFields, account: AlipayAccount): Answer | undefined {
  if (bytes.get("sign_type") !== signType) return invalid("signature-type");
  if (bytes.get("version") !== "1.0") return invalid("version");
  if (readBeijingText(bytes.get("timestamp") ?? "") === undefined) return invalid("timestamp");

  const text = signedText(bytes, unsigned);
  const key = readRsaPrivateKey(account.appPrivateKey);
  const isOurs = key && isSigned(Buffer.from(text, "latin1"), bytes.get("sign") ?? "", createPublicKey(key));
  if (!isOurs) return invalid("signature", "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配");
  return [bytes.get("notify_url"), bytes.get("return_url")].every((url) => !url || isWebAddress(url))
    ? undefined
    : invalid("parameter", "notify_url 和 return_url 必须是 http(s) 地址");
}

function isWebAddress(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}
