import { createHmac, timingSafeEqual, verify } from "node:crypto";

import type { StandardWebhooksAccount } from "./account.ts";
import { readBase64, readPublicKey, readSecret } from "./keys.ts";

export type Delivery = {
  readonly id: string;
  readonly timestamp: string;
  /** The header: `version,base64` entries, separated by spaces. */
  readonly signatures: string;
  readonly body: Uint8Array;
};

const maximumSignatures = 20;

/**
 * The name of the key that one of the listed signatures was made with, over `id.timestamp.body` (standard-webhooks
 * specification 1.0.0): several are listed while a key is rolled. The version names the key, and each key verifies its own version only, so that a
 * public key is never taken for an HMAC secret. Versions that the account has no key for count for nothing.
 */
export function signerOf(account: StandardWebhooksAccount, delivery: Delivery): "secret" | "publicKey" | undefined {
  const signed = Buffer.concat([Buffer.from(`${delivery.id}.${delivery.timestamp}.`, "utf8"), delivery.body]);
  const secret = account.secret === undefined ? undefined : readSecret(account.secret);
  const expected = secret && createHmac("sha256", secret).update(signed).digest();
  const publicKey = account.publicKey === undefined ? undefined : readPublicKey(account.publicKey);

  return readSignatures(delivery.signatures)
    .map(({ version, bytes }) => {
      if (version === "v1" && expected && bytes.length === expected.length) {
        return timingSafeEqual(bytes, expected) ? "secret" : undefined;
      }
      return version === "v1a" && publicKey && verify(null, signed, publicKey, bytes) ? "publicKey" : undefined;
    })
    .find((name) => name !== undefined);
}

type Signature = { readonly version: string; readonly bytes: Buffer };

function readSignatures(header: string): readonly Signature[] {
  return header.split(" ", maximumSignatures).flatMap((entry) => {
    const comma = entry.indexOf(",");
    const bytes = entry.endsWith("=") ? readBase64(entry.slice(comma + 1)) : undefined;
    return comma > 0 && bytes !== undefined ? [{ version: entry.slice(0, comma), bytes }] : [];
  });
}
