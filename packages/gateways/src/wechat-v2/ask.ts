import { randomBytes } from "node:crypto";

import { type Question, exchange } from "../exchange.ts";
import type { Outside } from "../gateway.ts";
import type { WechatV2Account } from "./account.ts";
import { type FlatXml, readFlatXml } from "./flat-xml.ts";
import { isSignedByWechat, signRequest } from "./signature.ts";
import { isOurs } from "./verify.ts";

const officialUrl = "https://api.mch.weixin.qq.com";

/** `code_url` is WeChat's own text and holds an `&groupid=` today. What it could swallow is looked for by name. */
const mayHoldFields: ReadonlySet<string> = new Set(["attach", "code_url"]);

export type Unknown = { readonly kind: "unknown"; readonly why: string };

/** What WeChat said and signed of the call itself: done, or a word why not. */
export type Answer =
  | { readonly kind: "done"; readonly said: FlatXml }
  | { readonly kind: "refused"; readonly code: string; readonly why: string }
  | Unknown;

export function unknown(why: string): Unknown {
  return { kind: "unknown", why };
}

/** One call: signed XML both ways. An answer without WeChat's signature, or to another merchant, counts as none. */
export async function ask(
  account: WechatV2Account,
  outside: Outside,
  path: string,
  words: Readonly<Record<string, string>>,
): Promise<Answer> {
  try {
    const answer = await exchange(outside, questionOf(account, path, words));
    if (answer.kind === "unknown") return answer;
    if (answer.status !== 200) return unknown(`WeChat answered ${answer.status}`);
    return readAnswer(account, answer.body);
  } catch (error) {
    return unknown(String(error));
  }
}

function readAnswer(account: WechatV2Account, body: Uint8Array): Answer {
  const said = readFlatXml(body, "xml");
  if (said === undefined) return unknown("the answer is not flat XML");
  // `return_code` FAIL is never signed, so it says nothing but that it was not heard.
  if (said.get("return_code") !== "SUCCESS") return unknown(`WeChat said ${said.get("return_msg") ?? "nothing"}`);
  if (!isSignedByWechat(said, account, mayHoldFields)) return unknown("the answer is not signed by WeChat");
  if (!isOurs(account, said)) return unknown("the answer is about another merchant");

  const code = said.get("err_code") ?? "";
  const result = said.get("result_code");
  if (result === "SUCCESS") return { kind: "done", said };
  const why = `WeChat answered ${code} ${said.get("err_code_des") ?? ""}`.trimEnd();
  return result === "FAIL" && code !== "" ? { kind: "refused", code, why } : unknown(why);
}

export function questionOf(account: WechatV2Account, path: string, words: Readonly<Record<string, string>>): Question {
  const fields = new Map(Object.entries(words));
  fields.set("appid", account.appid);
  fields.set("mch_id", account.mch_id);
  fields.set("nonce_str", randomBytes(16).toString("hex"));
  fields.set("sign_type", "HMAC-SHA256");
  fields.set("sign", signRequest(fields, account));
  return {
    method: "POST",
    url: (account.baseUrl ?? officialUrl).replace(/\/$/, "") + path,
    headers: { "content-type": "text/xml; charset=utf-8", "user-agent": "zhanggui" },
    body: writeFlatXml(fields),
  };
}

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** Escapes instead of CDATA, which would need a rule for its own end within a value. */
function writeFlatXml(fields: FlatXml): string {
  const elements = [...fields].map(([name, value]) => {
    return `<${name}>${value.replaceAll(/[&<>]/g, (character) => escapes[character] ?? "")}</${name}>`;
  });
  return `<xml>${elements.join("")}</xml>`;
}
