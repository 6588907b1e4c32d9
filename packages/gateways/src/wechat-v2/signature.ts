import { createHash, createHmac, timingSafeEqual } from "node:crypto";

import { holdsField } from "../reading/joined-text.ts";
import type { WechatV2Account } from "./account.ts";
import type { FlatXml } from "./flat-xml.ts";

const upperHexMd5 = /^[0-9A-F]{32}$/;
const upperHexSha256 = /^[0-9A-F]{64}$/;

/** The field that the shop itself fills, and so the only one of a notice that may hold what looks like a further field. */
const echoed: ReadonlySet<string> = new Set(["attach"]);
/** The one field right behind `attach` that is not required, and whose absence means something: CNY. */
const hideable = "fee_type";
const looksLikeAField = /&[A-Za-z_][A-Za-z0-9_]*=/;

type Algorithm = "MD5" | "HMAC-SHA256";

/** Whether `sign` is WeChat's. */
export function isSignedByWechat(
  fields: FlatXml,
  account: WechatV2Account,
  mayHoldFields: ReadonlySet<string> = echoed,
): boolean {
  return algorithmOf(fields, account, mayHoldFields) !== undefined;
}

/**
 * What WeChat made `sign` with: MD5 or HMAC-SHA256, told apart by length, in upper-case hexadecimal over every other
 * field that is not empty, unknown ones too (WeChat Pay v2 "安全规范"). Both need the key.
 */
export function algorithmOf(
  fields: FlatXml,
  account: WechatV2Account,
  mayHoldFields: ReadonlySet<string> = echoed,
): Algorithm | undefined {
  const given = fields.get("sign") ?? "";
  if (isAmbiguous(fields, mayHoldFields)) return undefined;
  const text = `${signedText(fields)}&key=${account.apiV2Key}`;
  if (upperHexSha256.test(given)) {
    return isSame(given, createHmac("sha256", account.apiV2Key).update(text).digest()) ? "HMAC-SHA256" : undefined;
  }
  if (account.allowMd5 === false || !upperHexMd5.test(given)) return undefined;
  return isSame(given, createHash("md5").update(text).digest()) ? "MD5" : undefined;
}

/** HMAC-SHA256, which a request has to ask for with `sign_type`. */
export function signRequest(fields: FlatXml, { apiV2Key }: WechatV2Account): string {
  const text = `${signedText(fields)}&key=${apiV2Key}`;
  return createHmac("sha256", apiV2Key).update(text).digest("hex").toUpperCase();
}

function signedText(fields: FlatXml): string {
  return [...fields]
    .filter(([name, value]) => name !== "sign" && value !== "")
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/**
 * Joined without escapes, `a=1&b=2` may be one field or two: with a signed text whose `attach` he chose, a forger could
 * move the true fields into the value of a last one. No field of a notice but `attach` has reason to hold such text.
 */
function isAmbiguous(fields: FlatXml, mayHoldFields: ReadonlySet<string>): boolean {
  const mayBeHidden = (fields.get(hideable) ?? "") === "";
  return [...fields].some(
    ([name, value]) =>
      (!mayHoldFields.has(name) && looksLikeAField.test(value)) || (mayBeHidden && holdsField(value, hideable)),
  );
}

function isSame(hex: string, digest: Buffer): boolean {
  return timingSafeEqual(Buffer.from(hex, "hex"), digest);
}
