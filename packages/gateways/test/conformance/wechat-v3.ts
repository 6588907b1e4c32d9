import {
  account,
  certificateSerial,
  clock,
  envelope,
  now,
  paid,
  publicKeyId,
  publicModeKeys,
  refunded,
  signed,
} from "../support/wechat-v3-notices.ts";
import { type Facts, type Specimen, withRepeatedName } from "./specimen.ts";

function sign(facts: Facts, at = now) {
  const eventType = "refund_status" in facts ? "REFUND.SUCCESS" : "TRANSACTION.SUCCESS";
  return signed(envelope(facts, { eventType }), { at: `${Math.round(at.getTime() / 1_000)}` });
}

const genuine = sign(paid);
const parties = { outTradeNo: "p_20261122_1", transactionId: "4200001234202611221234567890" };
const occurredAt = new Date("2026-11-22T12:00:06+08:00");

export const wechatV3: Specimen<"wechat-v3"> = {
  account,
  clock,
  sign,
  examples: {
    payment: {
      facts: { ...paid, promotion_detail: [{ coupon_id: "1", amount: 490 }], scene_info: { device_id: null } },
      notice: {
        ...parties,
        eventType: "payment",
        amountMinor: 1_990,
        currency: "CNY",
        status: "succeeded",
        rawStatus: "SUCCESS",
        occurredAt,
      },
    },
    processing: {
      facts: { ...paid, trade_state: "NOTPAY", transaction_id: "", success_time: null },
      notice: {
        eventType: "payment",
        outTradeNo: parties.outTradeNo,
        amountMinor: 1_990,
        currency: "CNY",
        status: "processing",
        rawStatus: "NOTPAY",
      },
    },
    refund: {
      facts: refunded,
      notice: {
        ...parties,
        eventType: "refund",
        amountMinor: 1_990,
        currency: "CNY",
        status: "refund_succeeded",
        rawStatus: "SUCCESS",
        outRefundNo: "r_20261123_1",
        refundMinor: 500,
        occurredAt: new Date("2026-11-22T16:30:00Z"),
      },
    },
  },
  keys: [
    { name: `certificate ${certificateSerial}`, request: genuine },
    {
      name: `public key ${publicKeyId}`,
      request: signed(envelope(paid), { serial: publicKeyId, keys: publicModeKeys }),
    },
  ],
  foreign: {
    "another merchant's": {
      account: { ...account, mchid: "1900000110" },
      request: sign({ ...paid, mchid: "1900000110" }),
    },
    "another app's": { account: { ...account, appid: "wx0000" }, request: sign({ ...paid, appid: "wx0000" }) },
    "another merchant's refund": {
      account: { ...account, mchid: "1900000110" },
      request: sign({ ...refunded, mchid: "1900000110" }),
    },
  },
  downgraded: {
    "no signature": { ...genuine, headers: { "content-type": "application/json" } },
    "the other scheme": {
      ...genuine,
      headers: { ...genuine.headers, "wechatpay-signature-type": "WECHATPAY2-SM2-WITH-SM3" },
    },
    "a probe": {
      ...genuine,
      headers: {
        ...genuine.headers,
        "wechatpay-signature": `WECHATPAY/SIGNTEST/${genuine.headers["wechatpay-signature"]}`,
      },
    },
    "another cipher": signed(envelope(paid, { resource: { algorithm: "AEAD_SM4_GCM" } })),
    "a refund's event": signed(envelope(paid, { eventType: "REFUND.SUCCESS" })),
    "a sub-merchant's": sign({ ...paid, sub_mchid: "1900000111" }),
  },
  duplicated: {
    "in the envelope": signed(withRepeatedName(genuine.body, "event_type").toString()),
    "in the plaintext": signed(envelope(withRepeatedName(Buffer.from(JSON.stringify(paid)), "trade_state").toString())),
  },
  signatureHeaders: [
    "wechatpay-timestamp",
    "wechatpay-nonce",
    "wechatpay-signature",
    "wechatpay-serial",
    "wechatpay-signature-type",
  ],
  freshnessSeconds: 300,
  wrongContentType: "text/xml",
  fieldsHold: "json",
  required: ["amount.total", "out_trade_no", "transaction_id", "trade_state", "mchid", "appid", "amount"],
  echoed: "attach",
  otherFacts: [
    ["amount.total", 1_991],
    ["trade_state", "CLOSED"],
    ["transaction_id", "another"],
    ["out_trade_no", "another"],
    ["amount.currency", "USD"],
  ],
  acknowledgement: {
    accepted: { status: 200, contentType: "application/json", body: '{"code":"SUCCESS","message":"成功"}' },
    refused: {
      status: 401,
      contentType: "application/json",
      body: '{"code":"FAIL","message":"signature_invalid"}',
    },
  },
};
