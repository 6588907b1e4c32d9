import { type KeyObject, createSign, generateKeyPairSync } from "node:crypto";

import type { AlipayAccount } from "../../src/alipay/account.ts";
import { alipay } from "../../src/alipay/index.ts";
import type { CallbackRequest, Verification } from "../../src/gateway.ts";

export const alipayKeys = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const appKeys = generateKeyPairSync("rsa", { modulusLength: 2048 });

export const spkiPem = alipayKeys.publicKey.export({ type: "spki", format: "pem" }).toString();
export const pkcs8Pem = appKeys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();

export const account: AlipayAccount = {
  kind: "alipay",
  app_id: "2021000000000001",
  seller_id: "2088000000000001",
  alipayPublicKey: spkiPem,
  appPrivateKey: pkcs8Pem,
};

/** What a PC page payment's notice carries. */
export const paid = {
  notify_time: "2026-11-22 12:00:07",
  notify_type: "trade_status_sync",
  notify_id: "2026112200222120000012345678901234",
  charset: "utf-8",
  version: "1.0",
  app_id: "2021000000000001",
  auth_app_id: "2021000000000001",
  seller_id: "2088000000000001",
  trade_no: "2026112222001412345678901234",
  out_trade_no: "p_20261122_1",
  buyer_id: "2088000000000002",
  trade_status: "TRADE_SUCCESS",
  total_amount: "19.90",
  receipt_amount: "15.00",
  buyer_pay_amount: "15.00",
  invoice_amount: "15.00",
  point_amount: "0.00",
  subject: "茶 & 咖啡=100% +好",
  body: "两件",
  passback_params: "shop%3D1%26x%3D%25",
  fund_bill_list: '[{"amount":"15.00","fundChannel":"ALIPAYACCOUNT"}]',
  gmt_create: "2026-11-22 11:59:58",
  gmt_payment: "2026-11-22 12:00:06",
} as const satisfies Readonly<Record<string, string>>;

export const partRefund = {
  ...paid,
  refund_fee: "5.00",
  gmt_refund: "2026-11-23 00:30:00.456",
  out_biz_no: "r_1",
} as const satisfies Readonly<Record<string, string>>;

export type SignOptions = {
  readonly key?: KeyObject;
  readonly algorithm?: "RSA-SHA256" | "RSA-SHA1";
  readonly signType?: string | undefined;
  readonly dropEmpty?: boolean;
  readonly keepSignType?: boolean;
  /** Text to bytes of the notice's charset. */
  readonly encode?: (text: string) => Buffer;
};

/** Signs as Alipay's documentation has it, independently of the code under test. */
export function signedFields<Fields extends Readonly<Record<string, string>>>(
  fields: Fields,
  options: SignOptions = {},
): Fields & { readonly sign: string; readonly sign_type: string } {
  const { key = alipayKeys.privateKey, algorithm = "RSA-SHA256", encode = (text) => Buffer.from(text) } = options;
  const { signType = "RSA2", dropEmpty = false, keepSignType = false } = options;
  const signed = { ...fields, ...(keepSignType ? { sign_type: signType } : {}) };
  const text = Object.entries(signed)
    .filter(([, value]) => !dropEmpty || value !== "")
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  return { ...fields, sign_type: signType, sign: createSign(algorithm).update(encode(text)).sign(key, "base64") };
}

/** A form of bytes: every byte but letters and digits escaped. */
export function formOf(
  fields: Readonly<Record<string, string>>,
  encode: (text: string) => Buffer = (text) => Buffer.from(text),
): Buffer {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${escapeBytes(encode(value))}`);
  return Buffer.from(pairs.join("&"));
}

function escapeBytes(bytes: Buffer): string {
  return [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9._*-]/.test(character)
        ? character
        : character === " "
          ? "+"
          : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

export function noticeBody(fields: Readonly<Record<string, string>>, options: SignOptions = {}): Buffer {
  return formOf(signedFields(fields, options), options.encode);
}

export function check(body: Uint8Array, change: Partial<CallbackRequest> = {}, as = account): Verification {
  return alipay.verify(as, {
    method: "POST",
    path: "/callbacks/alipay",
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body,
    ...change,
  });
}

export function reasonOf(verification: Verification): string {
  return verification.ok ? "verified" : verification.reason;
}
