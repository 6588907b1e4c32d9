import { type KeyObject, constants, randomBytes, sign } from "node:crypto";

import { type Question, exchange } from "../exchange.ts";
import type { Outside } from "../gateway.ts";
import { readPrivateKey } from "../reading/pem.ts";
import { type JsonObject, readJsonObject } from "../reading/strict-json.ts";
import type { WechatV3Account } from "./account.ts";
import { refusalOf } from "./signature.ts";

const officialUrl = "https://api.mch.weixin.qq.com";
const scheme = "WECHATPAY2-SHA256-RSA2048";

type Words = { readonly method: "GET" | "POST"; readonly path: string; readonly body?: JsonObject };

export type Unknown = { readonly kind: "unknown"; readonly why: string };

/** What WeChat said and signed: a done thing (2xx, an empty body where there is nothing to say) or a refusal. */
export type Answer =
  | { readonly kind: "done"; readonly status: number; readonly said: JsonObject }
  | { readonly kind: "refused"; readonly status: number; readonly code: string; readonly why: string }
  | Unknown;

export function unknown(why: string): Unknown {
  return { kind: "unknown", why };
}

/** What a refusal that decides nothing is to the caller. */
export function undecided(answer: Exclude<Answer, { readonly kind: "done" }>): Unknown {
  return unknown(answer.why);
}

export function addressOf(account: WechatV3Account): string {
  return (account.baseUrl ?? officialUrl).replace(/\/$/, "");
}

/**
 * One call. WeChat signs the answer to every request whose own signature it accepted (WeChat Pay v3 "如何验证签名"), so
 * a refusal is believed as little without a signature as a success: refusals free reserves and close attempts too.
 */
export async function ask(account: WechatV3Account, outside: Outside, words: Words): Promise<Answer> {
  try {
    const question = questionOf(account, outside.now(), words);
    if (question === undefined) return unknown("the merchant's private key cannot be read");
    const answer = await exchange(outside, question);
    if (answer.kind === "unknown") return answer;

    const { status, body } = answer;
    const refusal = refusalOf(account, answer, { now: outside.now() });
    if (refusal !== undefined) return unknown(`the answer (${status}) is not WeChat's: ${refusal}`);
    const said = body.length === 0 ? {} : readJsonObject(body);
    if (said === undefined) return unknown(`the answer (${status}) is not a JSON object`);
    return status === 200 || status === 204 ? { kind: "done", status, said } : refused(status, said);
  } catch (error) {
    return unknown(String(error));
  }
}

/** A fault of WeChat's own (5xx), and a word for "not yet" (202), say nothing of what was done. */
function refused(status: number, { code, message }: JsonObject): Answer {
  const why = `WeChat answered ${status} ${textOf(code)} ${textOf(message)}`.trimEnd();
  return status >= 400 && status < 500 ? { kind: "refused", status, code: textOf(code), why } : unknown(why);
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A signed request to the account's own address. `undefined` when there is no key to sign it with. */
function questionOf(account: WechatV3Account, now: Date, words: Words): Question | undefined {
  return signedQuestion(account, now, { ...words, url: addressOf(account) + words.path });
}

type Signable = { readonly method: "GET" | "POST"; readonly url: string; readonly body?: JsonObject };

/** Method, path with its query, time, nonce and body, each ended by LF (WeChat Pay v3 "如何生成请求签名"). */
export function signedQuestion(
  account: WechatV3Account,
  now: Date,
  { method, url, body }: Signable,
): Question | undefined {
  const key = readPrivateKey(account.merchantPrivateKey);
  if (key === undefined) return undefined;
  const { href, pathname, search } = new URL(url);
  const content = body === undefined ? undefined : JSON.stringify(body);
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const nonce = randomBytes(16).toString("hex").toUpperCase();
  const signature = signed([method, pathname + search, timestamp, nonce, content ?? ""], key);
  const parameters = {
    mchid: account.mchid,
    nonce_str: nonce,
    timestamp,
    serial_no: account.merchantSerial,
    signature,
  };
  const authorization = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return {
    method,
    url: href,
    headers: {
      accept: "application/json",
      authorization: `${scheme} ${authorization.join(",")}`,
      "user-agent": "zhanggui",
      ...(content === undefined ? {} : { "content-type": "application/json" }),
      ...answeringKey(account),
    },
    ...(content === undefined ? {} : { body: content }),
  };
}

function signed(lines: readonly string[], key: KeyObject): string {
  const text = lines.map((line) => `${line}\n`).join("");
  return sign("RSA-SHA256", Buffer.from(text), { key, padding: constants.RSA_PKCS1_PADDING }).toString("base64");
}

/** Asks WeChat to sign its answer with the public key that we hold; unasked it takes its certificate. */
function answeringKey({ keys }: WechatV3Account): Readonly<Record<string, string>> {
  const publicKey = Object.entries(keys).find(([, { type }]) => type === "publicKey");
  return publicKey === undefined ? {} : { "wechatpay-serial": publicKey[0] };
}
