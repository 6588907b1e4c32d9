import {
  account,
  apiV2Key,
  notice,
  paid,
  refundNotice,
  refunded,
  request,
  signed,
  xml,
} from "../support/wechat-v2-notices.ts";
import { type Facts, type Specimen, textOf } from "./specimen.ts";

function sign(facts: Facts) {
  return "refund_status" in facts ? refundNotice(textOf(facts)) : notice(textOf(facts));
}

const theirs = { ...account, mch_id: "10000101" };
const parties = { outTradeNo: "p_20261122_1", transactionId: "1004400740201411220005820873" };

export const wechatV2: Specimen<"wechat-v2"> = {
  account,
  clock: { now: new Date("2026-11-22T04:00:10Z"), production: true },
  sign,
  examples: {
    payment: {
      facts: { ...paid, a_field_of_tomorrow: "1" },
      notice: {
        ...parties,
        eventType: "payment",
        amountMinor: 1_990,
        currency: "CNY",
        status: "succeeded",
        rawStatus: "SUCCESS",
        occurredAt: new Date("2026-11-22T04:00:06Z"),
      },
    },
    processing: {
      facts: { ...paid, trade_state: "USERPAYING", transaction_id: "", time_end: "" },
      notice: {
        eventType: "payment",
        outTradeNo: parties.outTradeNo,
        amountMinor: 1_990,
        currency: "CNY",
        status: "processing",
        rawStatus: "USERPAYING",
      },
    },
    refund: {
      facts: refunded,
      notice: {
        ...parties,
        eventType: "refund",
        amountMinor: 1_990,
        currency: "CNY",
        // Encrypted and not signed: a claim that asks for a query (`hintsOfRefunds`).
        status: "refund_succeeded",
        rawStatus: "SUCCESS",
        outRefundNo: "r_20261123_1",
        refundMinor: 500,
        occurredAt: new Date("2026-11-22T16:30:00Z"),
      },
    },
  },
  keys: [
    { name: "apiV2Key MD5", request: notice(paid, "MD5") },
    { name: "apiV2Key HMAC-SHA256", request: notice({ ...paid, sign_type: "HMAC-SHA256" }, "HMAC-SHA256") },
    { name: "apiV2Key AES-256-ECB", request: refundNotice(refunded) },
  ],
  foreign: {
    "another merchant's": { account: theirs, request: notice({ ...paid, mch_id: "10000101" }) },
    "another merchant's refund": { account: theirs, request: refundNotice(refunded, { mch_id: "10000101" }) },
    "one under another key": {
      account: { ...account, apiV2Key: apiV2Key.replaceAll("1", "0") },
      request: notice(paid, "MD5", apiV2Key.replaceAll("1", "0")),
    },
  },
  downgraded: {
    "no signature": request(xml(paid)),
    "an empty signature": request(xml({ ...paid, sign: "" })),
    "a signature in lower case": request(xml({ ...paid, sign: signed(paid)["sign"]?.toLowerCase() ?? "" })),
    "a failed transport": notice({ ...paid, return_code: "FAIL" }),
    "a currency drawn into the field before it": request(
      xml({
        ...Object.fromEntries(Object.entries(paid).filter(([name]) => name < "attach" || name > "fee_type")),
        attach: `x&bank_type=CFT&cash_fee=1500&fee_type=USD`,
        sign:
          signed({
            ...Object.fromEntries(Object.entries(paid).filter(([name]) => !name.startsWith("coupon"))),
            attach: "x",
            fee_type: "USD",
          })["sign"] ?? "",
      }),
    ),
    "a sub-merchant's": notice({ ...paid, sub_mch_id: "10000102" }),
  },
  duplicated: {
    "an element": request(
      Buffer.from(notice(paid).body).toString().replace("</xml>", "<total_fee>1</total_fee></xml>"),
    ),
  },
  signatureHeaders: [],
  wrongContentType: "application/json",
  fieldsHold: "text",
  required: ["total_fee", "out_trade_no", "transaction_id", "result_code", "return_code", "appid", "mch_id"],
  echoed: "attach",
  otherFacts: [
    ["total_fee", "1991"],
    ["result_code", "FAIL"],
    ["transaction_id", "another"],
    ["out_trade_no", "another"],
    ["fee_type", "USD"],
  ],
  respelling: "white space between elements is not signed, nor is the name of an empty one",
  unsignedRefund: "its refund notice is encrypted without a tag, and is read as a hint for that reason",
  acknowledgement: {
    accepted: {
      status: 200,
      contentType: "text/xml; charset=utf-8",
      body: "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>",
    },
    refused: {
      status: 401,
      contentType: "text/xml; charset=utf-8",
      body: "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[signature_invalid]]></return_msg></xml>",
    },
  },
};
