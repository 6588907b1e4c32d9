import {
  account,
  clock,
  form,
  leafWith,
  notice,
  paid,
  refunded,
  request,
  signed,
} from "../support/unionpay-notices.ts";
import { rsaKeys } from "../support/wechat-v3-x509.ts";
import { type Facts, type Specimen, textOf } from "./specimen.ts";

const nextKeys = rsaKeys();
const nextLeaf = leafWith({ serial: "4000370694", keys: nextKeys });
const theirs = { ...account, merId: "777290058110049" };

function sign(facts: Facts) {
  return notice(textOf(facts));
}

const parties = { outTradeNo: "p20261122000001", transactionId: "202611221200061516778" };

export const unionpay: Specimen<"unionpay"> = {
  account,
  clock,
  sign,
  examples: {
    payment: {
      facts: { ...paid, txnAmt: "000000001990", a_field_of_tomorrow: "1" },
      notice: {
        ...parties,
        eventType: "payment",
        amountMinor: 1_990,
        currency: "CNY",
        status: "succeeded",
        rawStatus: "00",
        occurredAt: new Date("2026-11-22T04:00:06Z"),
      },
    },
    processing: {
      facts: { ...paid, respCode: "05" },
      notice: {
        ...parties,
        eventType: "payment",
        amountMinor: 1_990,
        currency: "CNY",
        status: "processing",
        rawStatus: "05",
        occurredAt: new Date("2026-11-22T04:00:06Z"),
      },
    },
    refund: {
      facts: { ...refunded, origOrderId: parties.outTradeNo },
      notice: {
        ...parties,
        eventType: "refund",
        amountMinor: 500,
        currency: "CNY",
        status: "refund_succeeded",
        rawStatus: "00",
        outRefundNo: "r20261123000001",
        refundMinor: 500,
        occurredAt: new Date("2026-11-22T16:30:00Z"),
      },
    },
  },
  keys: [
    { name: "certificate 4000370693", request: notice(paid) },
    { name: "certificate 4000370694", request: notice({ ...paid, signPubKeyCert: nextLeaf }, nextKeys.privateKey) },
  ],
  foreign: {
    "another merchant's": { account: theirs, request: notice({ ...paid, merId: theirs.merId }) },
    "another merchant's refund": { account: theirs, request: notice({ ...refunded, merId: theirs.merId }) },
  },
  downgraded: {
    "no signature": request(form(paid)),
    "version 5.0.0": notice({ ...paid, version: "5.0.0" }),
    "a shared secret": notice({ ...paid, signMethod: "11" }),
    "a certificate that nobody issued": notice(
      { ...paid, signPubKeyCert: leafWith({ keys: nextKeys, issuerKeys: nextKeys }) },
      nextKeys.privateKey,
    ),
    "the answer to a query": notice({ ...paid, txnType: "00" }),
  },
  duplicated: { "a field": request(`${form(signed(paid))}&txnAmt=1`) },
  signatureHeaders: [],
  wrongContentType: "application/json",
  fieldsHold: "text",
  required: ["txnAmt", "orderId", "queryId", "respCode", "txnType", "txnTime", "merId", "currencyCode", "version"],
  echoed: "reqReserved",
  otherFacts: [
    ["txnAmt", "1991"],
    ["respCode", "03"],
    ["queryId", "another"],
    ["orderId", "another00"],
  ],
  respelling:
    "an escaped byte may be escaped otherwise, or not at all, and an empty field has a name that nobody signs",
  acknowledgement: {
    accepted: { status: 200, contentType: "text/plain; charset=utf-8", body: "ok" },
    refused: { status: 401, contentType: "text/plain; charset=utf-8", body: "signature_invalid" },
  },
};
