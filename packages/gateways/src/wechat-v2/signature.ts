import { createHash, createHmac, timingSafeEqual } from "node:crypto";

import type { WechatV2Account } from "./account.ts";
import type { FlatXml } from "./flat-xml.ts";

const upperHexMd5 = /^[0-9A-F]{32}$/;
const upperHexSha256 = /^[0-9A-F]{64}$/;

/** The field that the shop itself fills, and so the only one that may hold what looks like a further field. */
const echoed = "attach";
const looksLikeAField = /&[A-Za-z_][A-Za-z0-9_]*=/;

/**
 * Whether `sign` is WeChat's: MD5 or HMAC-SHA256, told apart by length, in upper-case hexadecimal over every other
 * field that is not empty, unknown ones too (WeChat Pay v2 "安全规范"). Both need the key.
 */
export function isSignedByWechat(fields: FlatXml, account: WechatV2Account): boolean {
  const given = fields.get("sign") ?? "";
  if (isAmbiguous(fields)) return false;
  const text = `${signedText(fields)}&key=${account.apiV2Key}`;
  if (upperHexSha256.test(given)) {
    return isSame(given, createHmac("sha256", account.apiV2Key).update(text).digest());
  }
  return (
    account.allowMd5 !== false && upperHexMd5.test(given) && isSame(given, createHash("md5").update(text).digest())
  );
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
 * move the true fields into the value of a last one. No field but `attach` has reason to hold such text.
 */
function isAmbiguous(fields: FlatXml): boolean {
  return [...fields].some(([name, value]) => name !== echoed && looksLikeAField.test(value));
}

function isSame(hex: string, digest: Buffer): boolean {
  return timingSafeEqual(Buffer.from(hex, "hex"), digest);
}
