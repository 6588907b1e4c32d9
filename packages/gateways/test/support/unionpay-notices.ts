import { type KeyObject, createHash, sign } from "node:crypto";

import type { CallbackRequest, Clock, Verification } from "../../src/gateway.ts";
import type { UnionpayAccount } from "../../src/unionpay/account.ts";
import { unionpay } from "../../src/unionpay/index.ts";
import { type CertificateWords, certificate, pkcs8, rsaKeys } from "./wechat-v3-x509.ts";

const now = new Date("2026-11-22T04:00:10Z");
export const clock: Clock = { now, production: true };
export const unionpayName = "中国银联股份有限公司";

export const rootKeys = rsaKeys();
export const middleKeys = rsaKeys();
export const leafKeys = rsaKeys();
export const merchantKeys = rsaKeys();

const rootWords = {
  serial: "01",
  subject: ["CFCA CS CA"],
  keys: rootKeys,
  issuer: "CFCA CS CA",
  issuerKeys: rootKeys,
  isAuthority: true,
};
const middleWords = { ...rootWords, serial: "1001", subject: ["CFCA ACS OCA31"], keys: middleKeys };
const leafWords: CertificateWords = {
  serial: "4000370693",
  subject: [`041@8310000000083040@${unionpayName}@00016495`],
  keys: leafKeys,
  issuer: "CFCA ACS OCA31",
  issuerKeys: middleKeys,
};

export const rootCert = certificate(rootWords);
export const middleCert = certificate(middleWords);
export const leafCert = certificate(leafWords);

export function leafWith(change: Partial<CertificateWords>): string {
  return certificate({ ...leafWords, ...change });
}

export function middleWith(change: Partial<CertificateWords>): string {
  return certificate({ ...middleWords, ...change });
}

export function rootWith(change: Partial<CertificateWords>): string {
  return certificate({ ...rootWords, ...change });
}

export const account: UnionpayAccount = {
  kind: "unionpay",
  merId: "777290058110048",
  rootCert,
  middleCert,
  unionpayName,
  signCert: leafWith({ subject: ["041@Z2026@某某商户@00000001"], keys: merchantKeys }),
  signPrivateKey: pkcs8(merchantKeys),
};

export type Fields = Readonly<Record<string, string | Buffer>>;

export const paid = {
  accNo: "6226********0048",
  accessType: "0",
  bizType: "000201",
  currencyCode: "156",
  encoding: "UTF-8",
  merId: "777290058110048",
  orderId: "p20261122000001",
  payCardType: "01",
  payType: "0001",
  queryId: "202611221200061516778",
  reqReserved: "{a=1&b=茶+100%}",
  respCode: "00",
  respMsg: "成功[0000000]",
  settleAmt: "1500",
  settleCurrencyCode: "156",
  settleDate: "1122",
  signMethod: "01",
  signPubKeyCert: leafCert,
  traceNo: "151677",
  traceTime: "1122120006",
  txnAmt: "1990",
  txnSubType: "01",
  txnTime: "20261122115958",
  txnType: "01",
  version: "5.1.0",
  issInsCode: "",
} as const satisfies Fields;

export const refunded = {
  ...paid,
  orderId: "r20261123000001",
  origQryId: "202611221200061516778",
  queryId: "202611230030001516779",
  traceTime: "1123003000",
  txnAmt: "500",
  txnSubType: "00",
  txnTime: "20261123002958",
  txnType: "04",
} as const satisfies Fields;

/** The vendor's rule once more, written from its words and from node:crypto alone. */
export function signedText(fields: Fields): Buffer {
  const names = Object.keys(fields).filter((name) => name !== "signature" && fields[name]?.length !== 0);
  names.sort();
  const pairs = names.map((name) => Buffer.concat([Buffer.from(`${name}=`), Buffer.from(fields[name] ?? "")]));
  return Buffer.from(pairs.map((pair) => pair.toString("latin1")).join("&"), "latin1");
}

export function hexDigest(fields: Fields): string {
  return createHash("sha256").update(signedText(fields)).digest("hex");
}

export function signed(fields: Fields, key: KeyObject = leafKeys.privateKey): Fields {
  return { ...fields, signature: sign("RSA-SHA256", Buffer.from(hexDigest(fields)), key).toString("base64") };
}

/** Escapes every byte that is not a letter or digit, as no charset disputes. */
export function form(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, value]) => {
      const escaped = [...Buffer.from(value)].map((byte) => {
        const character = String.fromCharCode(byte);
        if (/[A-Za-z0-9]/.test(character)) return character;
        return `%${byte.toString(16).padStart(2, "0").toUpperCase()}`;
      });
      return `${name}=${escaped.join("")}`;
    })
    .join("&");
}

export function request(body: string | Uint8Array): CallbackRequest {
  return {
    method: "POST",
    path: "/callbacks/bank",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(body),
  };
}

export function notice(fields: Fields, key?: KeyObject): CallbackRequest {
  return request(form(signed(fields, key)));
}

export function verify(callback: CallbackRequest, as: UnionpayAccount = account, at: Clock = clock): Verification {
  return unionpay.verify(as, callback, at);
}

/** The refusal's reason, or what was read. */
export function readingOf(callback: CallbackRequest, as: UnionpayAccount = account, at: Clock = clock) {
  const verified = verify(callback, as, at);
  return verified.ok ? verified.notice : verified.reason;
}
