import { generateKeyPairSync } from "node:crypto";

import { makeCertificate } from "../../development/certificate.ts";
import type { Signing } from "../../notices/scheme.ts";
import type { UnionpayAccount, UnionpayOffice } from "./house.ts";

/** What a message is signed with; the certificate, a PEM, goes along with it. */
export type Credential = { readonly signCert: string; readonly signPrivateKey: string };

const forged = new WeakMap<UnionpayAccount, Credential>();

/** There is one certificate of UnionPay's own, so that `other` is the current one. */
export function credentialOf({ account, keys }: UnionpayOffice, { key, at }: Signing): Credential {
  if (key !== "foreign") return keys;
  const credential = forged.get(account) ?? forge(account, at);
  forged.set(account, credential);
  return credential;
}

/**
 * What anyone can make: a certificate with UnionPay's name and that of the configured authority as its issuer, which
 * that authority did not sign.
 */
function forge(account: UnionpayAccount, now: Date): Credential {
  const keys = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const signCert = makeCertificate({
    commonName: `041@8310000000083040@${account.unionpayName}@00016495`,
    keys,
    issuer: { certificate: account.middleCert, privateKey: keys.privateKey },
    now,
  });
  return { signCert, signPrivateKey: keys.privateKey };
}
