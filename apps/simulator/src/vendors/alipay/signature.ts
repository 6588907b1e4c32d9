import { type KeyObject, sign, verify } from "node:crypto";

/** The only algorithm that is played: RSA-SHA256 with PKCS#1 v1.5 padding. */
export const signType = "RSA2";
const digest = "RSA-SHA256";

/** What is signed of parameters: those with a value, sorted by name, `name=value` joined with `&`, undecoded bytes or text. */
export function signedText(fields: Iterable<readonly [string, string]>, unsigned: ReadonlySet<string>): string {
  return [...fields]
    .filter(([name, value]) => value !== "" && !unsigned.has(name))
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Base64 of the signature; the key is PEM or already read. */
export function signBytes(bytes: Buffer, key: string | KeyObject): string {
  return sign(digest, bytes, key).toString("base64");
}

export function isSigned(bytes: Buffer, signature: string, key: KeyObject): boolean {
  return verify(digest, bytes, key, Buffer.from(signature, "base64"));
}
