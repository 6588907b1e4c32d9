import { type KeyObject, constants, verify } from "node:crypto";

import type { ByteFields } from "./form.ts";

const unsigned: ReadonlySet<string> = new Set(["sign", "sign_type"]);

/**
 * The only algorithm: RSA2, RSA-SHA256 with PKCS#1 v1.5 padding. `sign_type` is not under the signature, so it chooses
 * nothing: alipay-sdk takes the algorithm from it, and so accepts SHA-1 and throws on an unknown word.
 */
export const pinnedSignType = "RSA2";

/**
 * Whether Alipay signed these fields: all but `sign` and `sign_type`, sorted by name, `name=value` joined with `&`, as
 * bytes of the notice's charset (opendocs.alipay.com, 异步通知验签). The bytes are those that came: nothing is encoded
 * anew.
 *
 * Alipay's SDKs for PHP, Node and Java keep empty values, several ports drop them, and whether Alipay ever sends one is
 * not known: either reading will do, because `decodeFields` makes an empty value an absent one. The third reading, with
 * `sign_type` left in, belongs to gateway messages, which are not trade notices: it is refused.
 */
export function isSignedByAlipay(fields: ByteFields, key: KeyObject): boolean {
  const signature = readBase64(fields.get("sign") ?? "");
  if (signature === undefined) return false;
  const readings = new Set([signedText(fields), signedText(new Map([...fields].filter(([, value]) => value !== "")))]);
  const rsa = { key, padding: constants.RSA_PKCS1_PADDING };
  return [...readings].some((text) => verify("RSA-SHA256", Buffer.from(text, "latin1"), rsa, signature));
}

/** Names are ASCII, so that their order by byte and by code unit is one. */
function signedText(fields: ByteFields): string {
  return [...fields]
    .filter(([name]) => !unsigned.has(name))
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Canonical base64 only: Node's decoder forgives junk and spare bits, and a signature has one spelling. */
function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.length > 0 && bytes.toString("base64") === text ? bytes : undefined;
}
