import { type KeyObject, type X509Certificate, createHash } from "node:crypto";

import { isValidAt, readCertificate } from "../reading/pem.ts";
import { serialName } from "../key-names.ts";
import type { UnionpayAccount } from "./account.ts";

/** UnionPay uses two leaves around a rotation; the rest is for several merchants and test systems. */
const maximumCachedChains = 32;

/** It comes with the message, so that its serial number is all there is to name it by. */
type TrustedKey = { readonly key: KeyObject; readonly name: string };

type Chain = readonly [leaf: X509Certificate, middle: X509Certificate, root: X509Certificate];

/** Chains whose signatures were found good. Only such come in, so a stranger cannot push one out. */
const verifiedChains = new Map<string, Chain>();

/**
 * The key of the certificate that travels in a message, when it is UnionPay's own: issued through the configured
 * authorities, valid now, no authority itself, and with UnionPay's name as the third `@` part of its common name. The
 * authority also issues to merchants, so without the name anyone of them could sign (UnionPay SDK, PHP `CertUtil`).
 */
export function trustedKey(account: UnionpayAccount, pem: string, now: Date): TrustedKey | undefined {
  const chain = verifiedChain(pem, account);
  if (chain === undefined || !chain.every((certificate) => isValidAt(certificate, now))) return undefined;
  const [leaf] = chain;
  return companyOf(leaf) === account.unionpayName
    ? { key: leaf.publicKey, name: serialName("certificate", leaf.serialNumber) }
    : undefined;
}

function verifiedChain(pem: string, { middleCert, rootCert }: UnionpayAccount): Chain | undefined {
  const id = createHash("sha256")
    .update(JSON.stringify([pem, middleCert, rootCert]))
    .digest("hex");
  const known = verifiedChains.get(id);
  if (known !== undefined) return known;

  const [leaf, middle, root] = [pem, middleCert, rootCert].map(readCertificate);
  if (leaf === undefined || middle === undefined || root === undefined) return undefined;
  if (!isIssuedBy(leaf, middle) || !isIssuedBy(middle, root) || leaf.ca) return undefined;

  const oldest = verifiedChains.keys().next().value;
  if (verifiedChains.size === maximumCachedChains && oldest !== undefined) verifiedChains.delete(oldest);
  verifiedChains.set(id, [leaf, middle, root]);
  return [leaf, middle, root];
}

/** `checkIssued` alone compares names; anyone can write a name. */
function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** `041@8310000000083040@中国银联股份有限公司@00016495`; a subject with two common names has none. */
function companyOf(certificate: X509Certificate): string | undefined {
  const name: unknown = certificate.toLegacyObject().subject.CN;
  return typeof name === "string" ? name.split("@")[2] : undefined;
}
