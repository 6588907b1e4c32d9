import { constants, createHash, verify } from "node:crypto";

import { readBase64 } from "../reading/base64.ts";
import type { UnionpayAccount } from "./account.ts";
import { trustedKey } from "./certificate.ts";
import type { FormBytes } from "./form.ts";

/** RSA. 11 is a shared secret and 12 is SM3; version 5.0.0 is SHA-1. None of them is taken for this account. */
const rsa = "01";
const version = "5.1.0";

/** Fields that hold text of the merchant's own, or lists of the form `{a=1&b=2}`. */
const echoed: ReadonlySet<string> = new Set(["reqReserved", "reserved"]);
const looksLikeAField = /&[A-Za-z][A-Za-z0-9_]*=/;
const isWrapped = /^\{.*\}$/s;

type Trust = { readonly account: UnionpayAccount; readonly now: Date };

/**
 * The name of UnionPay's certificate that signed the form: RSA-SHA256 over the lower-case hexadecimal SHA-256 of every
 * field but `signature` that is not empty, `signPubKeyCert` included, sorted and joined (UnionPay SDK 5.1.0, PHP
 * `AcpService::validate`).
 */
export function signerOf(form: FormBytes, fields: ReadonlyMap<string, string>, trust: Trust): string | undefined {
  if (fields.get("version") !== version || fields.get("signMethod") !== rsa || isAmbiguous(fields)) return undefined;
  const signature = readBase64(fields.get("signature") ?? "");
  const trusted = trustedKey(trust.account, fields.get("signPubKeyCert") ?? "", trust.now);
  if (signature === undefined || trusted === undefined) return undefined;

  const digest = createHash("sha256").update(signedBytes(form)).digest("hex");
  const rsaKey = { key: trusted.key, padding: constants.RSA_PKCS1_PADDING };
  return verify("RSA-SHA256", Buffer.from(digest), rsaKey, signature) ? trusted.name : undefined;
}

function signedBytes(form: FormBytes): Buffer {
  const pairs = [...form]
    .filter(([name, value]) => name !== "signature" && value.length > 0)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([name, value]) => [Buffer.from(`&${name}=`), value]);
  return Buffer.concat(pairs).subarray(1);
}

/**
 * Joined without escapes, `a=1&b=2` may be one field or two. A buyer sees the signed form that goes through his browser:
 * with a `reqReserved` of his making he could move the true `respCode` into the value of a last, made-up field.
 */
function isAmbiguous(fields: ReadonlyMap<string, string>): boolean {
  return [...fields].some(
    ([name, value]) => !echoed.has(name) && !isWrapped.test(value) && looksLikeAField.test(value),
  );
}
