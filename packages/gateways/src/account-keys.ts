import type { X509Certificate } from "node:crypto";

import { secretName, serialName } from "./key-names.ts";
import { readCertificate } from "./reading/pem.ts";
import type { Account } from "./registry.ts";

/** A key of an account, named and never shown. */
export type AccountKey = {
  /** Where it stands in the account. */
  readonly place: string;
  /** What a person calls it. */
  readonly name: string;
  /** A certificate's; a bare key or secret ends only when somebody takes it out. */
  readonly validity?: Validity;
};

export type Validity = { readonly from: Date; readonly until: Date };

/** The keys that callbacks are verified with, and those that calls are signed with where they carry a date. */
export function keysOf(account: Account): readonly AccountKey[] {
  switch (account.kind) {
    case "hmac":
    case "mock":
    case "stripe":
      return secretKeys(account);
    case "wechat-v3":
      return Object.entries(account.keys).map(([serial, { type, pem }]) => ({
        place: `keys.${serial}`,
        name: serialName(type, serial),
        ...(type === "certificate" ? validityOf(pem) : {}),
      }));
    case "wechat-v2":
      return [{ place: "apiV2Key", name: "apiV2Key" }];
    case "alipay":
      return [{ place: "alipayPublicKey", name: "alipayPublicKey", ...validityOf(account.alipayPublicKey) }];
    case "unionpay":
      return (["rootCert", "middleCert", "signCert"] as const).map((place) => ({
        place,
        name: place,
        ...validityOf(account[place]),
      }));
    case "standard-webhooks":
      return (["secret", "publicKey"] as const)
        .filter((place) => account[place] !== undefined)
        .map((place) => ({ place, name: place }));
  }
}

function secretKeys({ previousSecrets = [] }: { readonly previousSecrets?: readonly string[] | undefined }) {
  const previous = previousSecrets.map((_, at) => ({
    place: `previousSecrets.${at}`,
    name: secretName(at + 1),
  }));
  return [{ place: "secret", name: secretName(0) }, ...previous];
}

function validityOf(pem: string): { readonly validity?: Validity } {
  const certificate: X509Certificate | undefined = readCertificate(pem);
  if (certificate === undefined) return {};
  return { validity: { from: certificate.validFromDate, until: certificate.validToDate } };
}
