import { createHmac, timingSafeEqual } from "node:crypto";

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
  const given = fields.get("sign") ?? "";
  if (!lowerHexDigest.test(given)) return false;
  const bytes = Buffer.from(given, "hex");
  return secrets.some((secret) => secret !== "" && timingSafeEqual(Buffer.from(sign(fields, secret), "hex"), bytes));
}
