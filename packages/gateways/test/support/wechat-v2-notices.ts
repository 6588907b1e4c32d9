import { createCipheriv, createHash, createHmac } from "node:crypto";

import type { CallbackRequest, Clock, Verification } from "../../src/gateway.ts";
import type { WechatV2Account } from "../../src/wechat-v2/account.ts";
import { wechatV2 } from "../../src/wechat-v2/index.ts";

export type Fields = Readonly<Record<string, string>>;

const clock: Clock = { now: new Date("2026-11-22T04:00:10Z"), production: true };
export const apiV2Key = "192006250b4c09247ec02edce69f6a2d";
export const account: WechatV2Account = {
  kind: "wechat-v2",
  appid: "wx2421b1c4370ec43b",
  mch_id: "10000100",
  apiV2Key,
};

export const paid: Fields = {
  appid: "wx2421b1c4370ec43b",
  attach: "茶 & 咖啡 <好>=1",
  bank_type: "CFT",
  cash_fee: "1500",
  coupon_count: "1",
  coupon_fee: "490",
  coupon_fee_0: "490",
  fee_type: "CNY",
  is_subscribe: "Y",
  mch_id: "10000100",
  nonce_str: "5d2b6c2a8db53831f7eda20af46e531c",
  openid: "oUpF8uMEb4qRXf22hE3X68TekukE",
  out_trade_no: "p_20261122_1",
  result_code: "SUCCESS",
  return_code: "SUCCESS",
  time_end: "20261122120006",
  total_fee: "1990",
  trade_type: "JSAPI",
  transaction_id: "1004400740201411220005820873",
  device_info: "",
};

export const refunded: Fields = {
  out_refund_no: "r_20261123_1",
  out_trade_no: "p_20261122_1",
  refund_account: "REFUND_SOURCE_RECHARGE_FUNDS",
  refund_fee: "500",
  refund_id: "50000408942018111907145868882",
  refund_recv_accout: "支付用户零钱",
  refund_request_source: "API",
  refund_status: "SUCCESS",
  settlement_refund_fee: "500",
  settlement_total_fee: "1990",
  success_time: "2026-11-23 00:30:00",
  total_fee: "1990",
  transaction_id: "1004400740201411220005820873",
};

/** The vendor's rule once more, written from its words and from node:crypto alone. */
export function signOf(fields: Fields, type: "MD5" | "HMAC-SHA256" = "MD5", key = apiV2Key): string {
  const names = Object.keys(fields).filter((name) => name !== "sign" && fields[name] !== "");
  names.sort();
  const text = `${names.map((name) => `${name}=${fields[name]}`).join("&")}&key=${key}`;
  const hash = type === "MD5" ? createHash("md5") : createHmac("sha256", key);
  return hash.update(text, "utf8").digest("hex").toUpperCase();
}

export function signed(fields: Fields, type?: "MD5" | "HMAC-SHA256", key?: string): Fields {
  return { ...fields, sign: signOf(fields, type, key) };
}

export function xml(fields: Fields, root = "xml"): string {
  const elements = Object.entries(fields).map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`);
  return `<${root}>\n${elements.join("\n")}\n</${root}>`;
}

export function request(body: string | Uint8Array): CallbackRequest {
  return {
    method: "POST",
    path: "/callbacks/wechat",
    headers: { "content-type": "text/xml" },
    body: Buffer.from(body),
  };
}

export function notice(fields: Fields, type?: "MD5" | "HMAC-SHA256", key?: string): CallbackRequest {
  return request(xml(signed(fields, type, key)));
}

export function encrypted(plaintext: string | Uint8Array, key = apiV2Key): string {
  const cipher = createCipheriv("aes-256-ecb", createHash("md5").update(key).digest("hex"), null);
  return Buffer.concat([cipher.update(Buffer.from(plaintext)), cipher.final()]).toString("base64");
}

export function refundNotice(fields: Fields, change: Fields = {}): CallbackRequest {
  const outer = {
    return_code: "SUCCESS",
    appid: "wx2421b1c4370ec43b",
    mch_id: "10000100",
    nonce_str: "TeqClE3i0mvn3DrK",
    req_info: encrypted(xml(fields, "root")),
  };
  return request(xml({ ...outer, ...change }));
}

function verify(callback: CallbackRequest, as: WechatV2Account = account): Verification {
  return wechatV2.verify(as, callback, clock);
}

/** The refusal's reason, or what was read. */
export function readingOf(callback: CallbackRequest, as: WechatV2Account = account) {
  const verified = verify(callback, as);
  return verified.ok ? verified.notice : verified.reason;
}
