import { type KeyObject, verify } from "node:crypto";

import { readBase64 } from "../reading/base64.ts";
import { readJsonObject } from "../reading/strict-json.ts";

export type AlipayAnswer = Readonly<Record<string, unknown>>;

const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/gs;
const utf8Text = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads an answer to `method`: what Alipay signed is the raw text of the value of `<method>_response` (or
 * `error_response`), cut out before anything is parsed. `undefined` unless that very text is signed by Alipay's key.
 *
 * alipay-sdk cuts from the first mention of the name to the last `"sign"`, so that a value may hold either; here the
 * value is found by reading the object. It also lets a missing key pass unchecked.
 */
export function readAlipayAnswer(body: Uint8Array, method: string, key: KeyObject): AlipayAnswer | undefined {
  const whole = readJsonObject(body);
  const names = [`${method.replaceAll(".", "_")}_response`, "error_response"];
  const given = names.filter((name) => whole !== undefined && Object.hasOwn(whole, name));
  const [name] = given;
  if (whole === undefined || name === undefined || given.length > 1) return undefined;
  if (!Object.hasOwn(whole, "sign") || typeof whole["sign"] !== "string") return undefined;

  const signature = readBase64(whole["sign"]);
  const text = memberText(utf8Text.decode(body), name);
  if (signature === undefined || text === undefined) return undefined;
  if (!verify("RSA-SHA256", Buffer.from(text, "utf8"), key, signature)) return undefined;
  return readJsonObject(Buffer.from(text, "utf8"));
}

/** The raw text of one member's value, of text that is known to be one JSON object without repeated names. */
function memberText(json: string, name: string): string | undefined {
  let depth = 0;
  let lastString = "";
  let start: number | undefined;
  for (const match of json.matchAll(tokens)) {
    const [token] = match;
    if (depth === 1 && (token === "," || token === "}") && start !== undefined) {
      return json.slice(start, match.index).trim();
    }
    if (token.startsWith('"')) lastString = token;
    else if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    else if (token === ":" && depth === 1 && JSON.parse(lastString) === name) start = match.index + 1;
  }
  return undefined;
}
