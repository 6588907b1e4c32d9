import { type KeyObject, createPublicKey } from "node:crypto";

const ed25519KeyBytes = 32;

/**
 * The bytes of a `whsec_` secret. Unlike Stripe's, the prefix is no part of the key, and the rest is base64
 * (standard-webhooks specification 1.0.0, "Signature scheme"). Padding may be missing, as in the specification's examples.
 */
export function readSecret(text: string): Buffer | undefined {
  return readBase64(withoutPrefix(text, "whsec_"));
}

/** The ed25519 key of a `whpk_` text: base64 of its 32 bytes. */
export function readPublicKey(text: string): KeyObject | undefined {
  const bytes = readBase64(withoutPrefix(text, "whpk_"));
  if (bytes?.length !== ed25519KeyBytes) return undefined;
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") }, format: "jwk" });
}

/** Base64 in its one spelling: Node's decoder forgives junk, and spare bits would give one key or signature many texts. */
export function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  const canonical = bytes.toString("base64");
  return bytes.length > 0 && (canonical === text || canonical.replace(/=+$/, "") === text) ? bytes : undefined;
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}
