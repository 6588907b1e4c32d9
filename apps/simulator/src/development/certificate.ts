import { randomBytes } from "node:crypto";

import forge from "node-forge";

import type { RsaKeys } from "./rsa-keys.ts";

/** Whose name stands under a certificate, and what it signs with. */
export type Issuer = { readonly certificate: string; readonly privateKey: string };

export type CertificateWords = {
  readonly commonName: string;
  readonly keys: RsaKeys;
  /** None: the certificate is signed with its own key. */
  readonly issuer?: Issuer;
  readonly isAuthority?: boolean;
  readonly now: Date;
};

const validYears = 10;
const serialBytes = 20;

/**
 * A PEM certificate (X.509 v3, RFC 5280) that is valid from now on. Authorities may sign certificates only, all others
 * may sign everything else. The name is UTF-8, which UnionPay's is in.
 */
export function makeCertificate({ commonName, keys, issuer, isAuthority = false, now }: CertificateWords): string {
  const certificate = forge.pki.createCertificate();
  const signer = issuer === undefined ? certificate : forge.pki.certificateFromPem(issuer.certificate);
  const subject = [{ name: "commonName", value: commonName, valueTagClass: utf8 }];

  certificate.serialNumber = makeSerial();
  certificate.publicKey = forge.pki.publicKeyFromPem(keys.publicKey);
  certificate.validity = { notBefore: now, notAfter: yearsLater(now) };
  certificate.setSubject(subject);
  certificate.setIssuer(issuer === undefined ? subject : signer.subject.attributes);
  certificate.setExtensions([
    { name: "basicConstraints", critical: true, cA: isAuthority },
    { name: "keyUsage", critical: true, ...(isAuthority ? { keyCertSign: true, cRLSign: true } : leafUsage) },
    { name: "subjectKeyIdentifier" },
    { name: "authorityKeyIdentifier", keyIdentifier: signer.generateSubjectKeyIdentifier().getBytes() },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(issuer?.privateKey ?? keys.privateKey), forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll("\r\n", "\n");
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The library's types ask for a class where it takes a tag.
const utf8 = forge.asn1.Type.UTF8 as unknown as forge.asn1.Class;
const leafUsage = { digitalSignature: true, nonRepudiation: true };

/** A positive number of twenty bytes that begins with no zero, so that every tool prints it alike. */
function makeSerial(): string {
  const bytes = randomBytes(serialBytes);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes.toString("hex").toUpperCase();
}

function yearsLater(now: Date): Date {
  const later = new Date(now);
  later.setUTCFullYear(later.getUTCFullYear() + validYears);
  return later;
}
