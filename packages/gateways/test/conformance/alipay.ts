import type { CallbackRequest } from "../../src/gateway.ts";
import { account, formOf, noticeBody, paid, partRefund, signedFields } from "../support/alipay-notices.ts";
import { type Facts, type Specimen, textOf } from "./specimen.ts";

function requestOf(body: Uint8Array): CallbackRequest {
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  return { method: "POST", path: "/callbacks/alipay", headers, body };
}

function sign(facts: Facts): CallbackRequest {
  return requestOf(noticeBody(textOf(facts)));
}

const parties = { outTradeNo: paid.out_trade_no, transactionId: paid.trade_no };
const { passback_params, ...withoutPassback } = paid;
const forged = { ...signedFields(paid), out_trade_no: `${paid.out_trade_no}&passback_params=${passback_params}` };

export const alipay: Specimen<"alipay"> = {
  account,
  clock: { now: new Date("2026-11-22T04:00:10Z"), production: true },
  sign,
  examples: {
    payment: {
      facts: { ...paid, voucher_detail_list: '[{"name":"\\"满减\\" & 红包=1"}]', a_field_of_tomorrow: "" },
      notice: {
        ...parties,
        eventType: "payment",
        amountMinor: 1_990,
        currency: "CNY",
        status: "succeeded",
        rawStatus: "TRADE_SUCCESS",
        occurredAt: new Date("2026-11-22T04:00:06Z"),
      },
    },
    processing: {
      facts: { ...paid, total_amount: "10", trade_status: "WAIT_BUYER_PAY" },
      notice: {
        ...parties,
        eventType: "payment",
        amountMinor: 1_000,
        currency: "CNY",
        status: "processing",
        rawStatus: "WAIT_BUYER_PAY",
        occurredAt: new Date("2026-11-22T03:59:58Z"),
      },
    },
    refund: {
      facts: partRefund,
      notice: {
        ...parties,
        eventType: "refund",
        amountMinor: 1_990,
        currency: "CNY",
        status: "refund_succeeded",
        rawStatus: "TRADE_SUCCESS",
        outRefundNo: "r_1",
        refundMinor: 500,
        occurredAt: new Date("2026-11-22T16:30:00.456Z"),
      },
    },
  },
  keys: [{ name: "alipayPublicKey", request: sign(paid) }],
  foreign: {
    "another app's": {
      account: { ...account, app_id: "2021000000000002" },
      request: sign({ ...paid, app_id: "2021000000000002" }),
    },
    "another seller's": {
      account: { ...account, seller_id: "2088000000000009" },
      request: sign({ ...paid, seller_id: "2088000000000009" }),
    },
  },
  downgraded: {
    "no signature": requestOf(formOf(paid)),
    "SHA-1": requestOf(noticeBody(paid, { algorithm: "RSA-SHA1", signType: "RSA" })),
    "SHA-1 that is called RSA2": requestOf(noticeBody(paid, { algorithm: "RSA-SHA1" })),
    "another word for the algorithm": requestOf(noticeBody(paid, { signType: "constructor" })),
    "a field drawn into the id before it": requestOf(
      formOf(Object.fromEntries(Object.entries(forged).filter(([name]) => name !== "passback_params"))),
    ),
    "no seller": sign({ ...withoutPassback, seller_id: "" }),
  },
  duplicated: {
    "a field": requestOf(Buffer.concat([noticeBody(paid), Buffer.from("&total_amount=19.90")])),
  },
  signatureHeaders: [],
  wrongContentType: "application/json",
  fieldsHold: "text",
  required: ["total_amount", "out_trade_no", "trade_no", "trade_status", "app_id", "seller_id"],
  echoed: "passback_params",
  otherFacts: [
    ["total_amount", "19.91"],
    ["trade_status", "TRADE_CLOSED"],
    ["trade_no", "another"],
    ["out_trade_no", "another"],
    ["trans_currency", "USD"],
    ["refund_fee", "1.00"],
  ],
  respelling: "an escaped byte may be escaped otherwise, or not at all",
  acknowledgement: {
    accepted: { status: 200, contentType: "text/plain; charset=utf-8", body: "success" },
    refused: { status: 401, contentType: "text/plain; charset=utf-8", body: "fail" },
  },
};
