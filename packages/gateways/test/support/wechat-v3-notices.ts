import { createCipheriv, sign } from "node:crypto";

import type { CallbackRequest, Clock, Verification } from "../../src/gateway.ts";
import type { WechatV3Account } from "../../src/wechat-v3/account.ts";
import { wechatV3 } from "../../src/wechat-v3/index.ts";
import { certificate, pkcs8, rsaKeys, spki } from "./wechat-v3-x509.ts";

export const now = new Date("2026-11-22T04:00:10Z");
export const timestamp = String(now.getTime() / 1_000);
export const clock: Clock = { now, production: true };

export const platformKeys = rsaKeys();
export const publicModeKeys = rsaKeys();
export const merchantKeys = rsaKeys();
export const certificateSerial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
export const publicKeyId = "PUB_KEY_ID_0114232134912410000000000000000";

export const platformCertificate = certificate({
  serial: certificateSerial,
  subject: ["Tenpay.com sign"],
  keys: platformKeys,
  issuer: "Tenpay.com Root CA",
  issuerKeys: rsaKeys(),
});

export const apiV3Key = "0123456789abcdefABCDEF9876543210";
export const account: WechatV3Account = {
  kind: "wechat-v3",
  mchid: "1900000109",
  appid: "wxd678efh567hg6787",
  apiV3Key,
  keys: {
    [certificateSerial]: { type: "certificate", pem: platformCertificate },
    [publicKeyId]: { type: "publicKey", pem: spki(publicModeKeys) },
  },
  merchantSerial: "2A3B",
  merchantPrivateKey: pkcs8(merchantKeys),
};

export type Facts = Readonly<Record<string, unknown>>;

export const paid: Facts = {
  transaction_id: "4200001234202611221234567890",
  amount: { payer_total: 1500, total: 1990, currency: "CNY", payer_currency: "CNY" },
  mchid: "1900000109",
  trade_state: "SUCCESS",
  trade_state_desc: "支付成功",
  bank_type: "CMC",
  attach: '茶 & "咖啡"=1:2',
  success_time: "2026-11-22T12:00:06+08:00",
  payer: { openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" },
  out_trade_no: "p_20261122_1",
  appid: "wxd678efh567hg6787",
  trade_type: "NATIVE",
};

export const refunded: Facts = {
  mchid: "1900000109",
  transaction_id: "4200001234202611221234567890",
  out_trade_no: "p_20261122_1",
  refund_id: "50200207182018070300011301001",
  out_refund_no: "r_20261123_1",
  refund_status: "SUCCESS",
  success_time: "2026-11-23T00:30:00+08:00",
  user_received_account: "招商银行信用卡0403",
  amount: { total: 1990, refund: 500, payer_total: 1500, payer_refund: 377 },
};

export type EnvelopeOptions = {
  readonly eventType?: string;
  readonly key?: string;
  readonly resource?: Facts;
  readonly associatedData?: string | undefined;
};

/** The outer body of a notice around a plaintext, written from WeChat's pages and node:crypto alone. */
export function envelope(plaintext: Facts | string, options: EnvelopeOptions = {}): Facts {
  const { eventType = "TRANSACTION.SUCCESS", key = apiV3Key } = options;
  const nonce = "fdasflkja484";
  const associatedData = "associatedData" in options ? options.associatedData : "transaction";
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(associatedData ?? ""));
  const text = typeof plaintext === "string" ? plaintext : JSON.stringify(plaintext);
  const bytes = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return {
    id: "EV-2018022511223320873",
    create_time: "2026-11-22T12:00:07+08:00",
    resource_type: "encrypt-resource",
    event_type: eventType,
    summary: "支付成功",
    resource: {
      original_type: eventType.startsWith("REFUND.") ? "refund" : "transaction",
      algorithm: "AEAD_AES_256_GCM",
      ciphertext: bytes.toString("base64"),
      ...(associatedData === undefined ? {} : { associated_data: associatedData }),
      nonce,
      ...options.resource,
    },
  };
}

export type SignOptions = {
  readonly serial?: string;
  readonly keys?: typeof platformKeys;
  readonly at?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export function signed(body: Facts | string, options: SignOptions = {}): CallbackRequest {
  const { serial = certificateSerial, keys = platformKeys, at = timestamp } = options;
  const nonce = "593BEC0C930BF1AFEB40B4A08C8FB242";
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const text = Buffer.concat([Buffer.from(`${at}\n${nonce}\n`), bytes, Buffer.from("\n")]);
  return {
    method: "POST",
    path: "/callbacks/wechat",
    headers: {
      "content-type": "application/json",
      "wechatpay-timestamp": at,
      "wechatpay-nonce": nonce,
      "wechatpay-signature": sign("RSA-SHA256", text, keys.privateKey).toString("base64"),
      "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
      "wechatpay-serial": serial,
      ...options.headers,
    },
    body: bytes,
  };
}

export function notice(plaintext: Facts | string, options?: EnvelopeOptions): CallbackRequest {
  return signed(envelope(plaintext, options));
}

export function verify(request: CallbackRequest, as: WechatV3Account = account, at: Clock = clock): Verification {
  return wechatV3.verify(as, request, at);
}

/** The refusal's reason, or what was read. */
export function readingOf(request: CallbackRequest, as: WechatV3Account = account, at: Clock = clock) {
  const verified = verify(request, as, at);
  return verified.ok ? verified.notice : verified.reason;
}
