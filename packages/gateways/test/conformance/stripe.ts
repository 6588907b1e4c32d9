import type { CallbackRequest } from "../../src/gateway.ts";
import {
  account,
  bytesOf,
  eventOf,
  headerFor,
  intent,
  now,
  nowSeconds,
  digest,
  refund,
} from "../support/stripe-events.ts";
import { type Facts, type Specimen, withRepeatedName } from "./specimen.ts";

function requestOf(body: Uint8Array, signature = headerFor(body)): CallbackRequest {
  const headers = { "content-type": "application/json; charset=utf-8", "stripe-signature": signature };
  return { method: "POST", path: "/callbacks/stripe", headers, body };
}

function sign(facts: Facts, at = now): CallbackRequest {
  const body = bytesOf(facts);
  return requestOf(body, headerFor(body, account.secret, Math.round(at.getTime() / 1_000)));
}

const paid = eventOf("payment_intent.succeeded", intent);
const genuine = sign(paid);
const parties = { outTradeNo: "p_1", transactionId: "pi_1", currency: "CNY" };
const occurredAt = new Date(1_795_319_990_000);

export const stripe: Specimen<"stripe"> = {
  account,
  clock: { now, production: true },
  sign,
  examples: {
    payment: {
      facts: { ...paid, a_field_of_tomorrow: [{}] },
      notice: {
        ...parties,
        eventType: "payment",
        amountMinor: 3_980,
        status: "succeeded",
        rawStatus: "payment_intent.succeeded",
        occurredAt,
      },
    },
    processing: {
      facts: eventOf("payment_intent.processing", { ...intent, currency: "jpy" }, { api_version: "2019-01-01" }),
      notice: {
        ...parties,
        eventType: "payment",
        amountMinor: 3_980,
        currency: "JPY",
        status: "processing",
        rawStatus: "payment_intent.processing",
        occurredAt,
      },
    },
    refund: {
      facts: eventOf("refund.updated", refund),
      notice: {
        ...parties,
        eventType: "refund",
        amountMinor: 500,
        status: "refund_succeeded",
        rawStatus: "refund.updated",
        outRefundNo: "r_1",
        refundMinor: 500,
        occurredAt,
      },
    },
  },
  keys: [
    { name: "secret", request: genuine },
    {
      name: "previous secret 1",
      request: requestOf(genuine.body, headerFor(genuine.body, account.previousSecrets?.[0])),
    },
  ],
  foreign: {
    "a live event": { account: { ...account, livemode: true }, request: sign({ ...paid, livemode: true }) },
    "one under another secret": {
      account: { ...account, secret: "whsec_theirs", previousSecrets: [] },
      request: requestOf(genuine.body, headerFor(genuine.body, "whsec_theirs")),
    },
  },
  downgraded: {
    "no signature": requestOf(genuine.body, ""),
    "a v0 alone": requestOf(genuine.body, `t=${nowSeconds},v0=${digest(genuine.body)}`),
    "a thin event": sign({ ...paid, object: "v2.core.event" }),
    "a connected account's": sign({ ...paid, account: "acct_1" }),
  },
  duplicated: {
    "in the event": requestOf(withRepeatedName(genuine.body, "type")),
    "in its object": requestOf(
      Buffer.from(Buffer.from(genuine.body).toString().replace('"amount":', '"amount": 1, "amount":')),
    ),
  },
  signatureHeaders: ["stripe-signature"],
  freshnessSeconds: 300,
  wrongContentType: "text/xml",
  fieldsHold: "json",
  required: [
    "data.object.amount",
    "data.object.id",
    "data.object.currency",
    "id",
    "type",
    "livemode",
    "data",
    "created",
  ],
  echoed: "data.object.description",
  otherFacts: [
    ["data.object.amount_received", 3_981],
    ["type", "payment_intent.canceled"],
    ["data.object.id", "pi_2"],
    ["data.object.metadata", { out_trade_no: "p_2" }],
    ["data.object.currency", "usd"],
  ],
  acknowledgement: {
    accepted: { status: 200, contentType: "application/json", body: '{"received":true}' },
    refused: { status: 401, contentType: "application/json", body: '{"error":"signature_invalid"}' },
  },
};
