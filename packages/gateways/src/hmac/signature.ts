import { createHmac, timingSafeEqual } from "node:crypto";

import { secretName } from "../key-names.ts";

const unsigned: ReadonlySet<string> = new Set(["sign", "sign_type"]);
const lowerHexDigest = /^[0-9a-f]{64}$/;

/**
 * The text under the signature: names sorted by code unit, `name=value` joined with `&`, without `sign`, `sign_type`
 * and empty values (the contract's `hmac` scheme).
 */
function signedText(fields: ReadonlyMap<string, string>): string {
  return [...fields]
    .filter(([name, value]) => !unsigned.has(name) && value !== "")
    .toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Lower-case hexadecimal HMAC-SHA256 under the secret's UTF-8 bytes. */
export function sign(fields: ReadonlyMap<string, string>, secret: string): string {
  return createHmac("sha256", secret).update(signedText(fields), "utf8").digest("hex");
}

/** Whether `sign` was made with one of the secrets, compared in constant time. */
export function isSignedBy(fields: ReadonlyMap<string, string>, secrets: readonly string[]): boolean {
  return signerOf(fields, secrets) !== undefined;
}

/** The name of the secret that `sign` was made with. All of them are tried, so that time does not tell which. */
export function signerOf(fields: ReadonlyMap<string, string>, secrets: readonly string[]): string | undefined {
  const given = fields.get("sign") ?? "";
  if (!lowerHexDigest.test(given)) return undefined;
  const bytes = Buffer.from(given, "hex");
  const at = secrets
    .map((secret) => timingSafeEqual(Buffer.from(sign(fields, secret), "hex"), bytes) && secret !== "")
    .indexOf(true);
  return at === -1 ? undefined : secretName(at);
}
