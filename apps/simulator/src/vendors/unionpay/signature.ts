import { createHash, sign, verify, X509Certificate } from "node:crypto";

import type { Credential } from "./credential.ts";

export type Fields = Readonly<Record<string, string>>;

/**
 * The fields as they go out, with the certificate that they can be verified with: RSA-SHA256 with PKCS#1 v1.5 over the
 * lower-case hexadecimal SHA-256 of the fields, empty ones left out, sorted and joined (gateways.md §4 "Signature").
 */
export function signFields(fields: Fields, { signCert, signPrivateKey }: Credential): Fields {
  const sent = { ...fields, signMethod: "01", signPubKeyCert: signCert.trim().replaceAll(/\r?\n/g, "\r\n") };
  return { ...sent, signature: sign("RSA-SHA256", digestOf(sent), signPrivateKey).toString("base64") };
}

/** Whether the holder of this certificate signed the fields, and names it by its serial number in decimal digits. */
export function isSignedBy(fields: Fields, certificate: string): boolean {
  const { serialNumber, publicKey } = new X509Certificate(certificate);
  if (fields["certId"] !== BigInt(`0x${serialNumber}`).toString()) return false;
  return verify("RSA-SHA256", digestOf(fields), publicKey, Buffer.from(fields["signature"] ?? "", "base64"));
}

function digestOf(fields: Fields): Buffer {
  const text = Object.entries(fields)
    .filter(([name, value]) => name !== "signature" && value !== "")
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  return Buffer.from(createHash("sha256").update(text).digest("hex"));
}
