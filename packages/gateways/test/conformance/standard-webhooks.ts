import type { CallbackRequest } from "../../src/gateway.ts";
import {
  account,
  bytesOf,
  headersFor,
  now,
  payment,
  refund,
  symmetric,
  v1,
  v1a,
} from "../support/standard-webhooks-deliveries.ts";
import { type Facts, type Specimen, withField, withRepeatedName } from "./specimen.ts";

function requestOf(body: Uint8Array, signature = v1(body)): CallbackRequest {
  return {
    method: "POST",
    path: "/callbacks/generic",
    headers: headersFor(body, { "webhook-signature": signature }),
    body,
  };
}

function sign(facts: Facts, at = now): CallbackRequest {
  const body = bytesOf(facts);
  const timestamp = Math.round(at.getTime() / 1_000);
  const stamped = { "webhook-timestamp": `${timestamp}`, "webhook-signature": v1(body, "msg_1", timestamp) };
  return { method: "POST", path: "/callbacks/generic", headers: headersFor(body, stamped), body };
}

const theirSecret = Buffer.alloc(32, 7);
const genuine = sign(payment);
const parties = { outTradeNo: "p_1", transactionId: "t_1", amountMinor: 3_980, currency: "CNY" };

export const standardWebhooks: Specimen<"standard-webhooks"> = {
  account,
  clock: { now, production: true },
  sign,
  examples: {
    payment: {
      facts: withField({ ...payment, a_field_of_tomorrow: {} }, "data.buyer", { name: null }),
      notice: {
        ...parties,
        eventType: "payment",
        status: "succeeded",
        rawStatus: "SUCCESS",
        occurredAt: new Date("2026-11-22T03:59:58.123Z"),
      },
    },
    processing: {
      facts: { type: "payment.processing", data: { out_trade_no: "p_1", amount: "39.8" } },
      notice: {
        eventType: "payment",
        outTradeNo: "p_1",
        amountMinor: 3_980,
        currency: "CNY",
        status: "processing",
        rawStatus: "processing",
      },
    },
    refund: {
      facts: refund,
      notice: {
        ...parties,
        eventType: "refund",
        status: "refund_processing",
        rawStatus: "PROCESSING",
        outRefundNo: "r_1",
        refundMinor: 1_000,
        occurredAt: new Date("2026-11-22T04:30:00Z"),
      },
    },
  },
  keys: [
    { name: "secret", request: genuine },
    { name: "publicKey", request: requestOf(genuine.body, v1a(genuine.body)) },
  ],
  foreign: {
    "another sender's": {
      account: { ...symmetric, secret: `whsec_${theirSecret.toString("base64")}` },
      request: requestOf(genuine.body, v1(genuine.body, undefined, undefined, theirSecret)),
    },
  },
  downgraded: {
    "no signature": requestOf(genuine.body, ""),
    "a version that is none": requestOf(genuine.body, v1(genuine.body).replace("v1,", "v0,")),
    "an HMAC called ed25519": requestOf(genuine.body, v1(genuine.body).replace("v1,", "v1a,")),
  },
  duplicated: {
    "in the body": requestOf(withRepeatedName(genuine.body, "type")),
    "in its data": requestOf(
      Buffer.from(Buffer.from(genuine.body).toString().replace('"amount":', '"amount":"1.00","amount":')),
    ),
  },
  signatureHeaders: ["webhook-id", "webhook-timestamp", "webhook-signature"],
  freshnessSeconds: 300,
  wrongContentType: "text/xml",
  fieldsHold: "json",
  required: ["data.amount", "data.out_trade_no", "data.transaction_id", "data", "type"],
  echoed: "data.note",
  otherFacts: [
    ["data.amount", "39.81"],
    ["data.status", "CLOSED"],
    ["data.transaction_id", "another"],
    ["data.out_trade_no", "another"],
    ["data.currency", "USD"],
  ],
  acknowledgement: {
    accepted: { status: 200, contentType: "application/json", body: '{"received":true}' },
    refused: { status: 401, contentType: "application/json", body: '{"error":"signature_invalid"}' },
  },
};
