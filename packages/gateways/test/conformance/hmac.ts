import type { Kind } from "../../src/registry.ts";
import { clock, form, json, nowSeconds, request, secret, signOf, signed, success } from "../support/signed.ts";
import { type Facts, type Specimen, textOf, withRepeatedName } from "./specimen.ts";

const previousSecrets = ["the one before", "and the one before that"];
const parties = { outTradeNo: success["out_trade_no"] ?? "", transactionId: success["transaction_id"] ?? "" };

function sign(facts: Facts, at = clock.now) {
  const timestamp = Math.round(at.getTime() / 1_000);
  return json(signed({ ...textOf(facts), timestamp: `${timestamp}`, nonce: `n${timestamp}` }));
}

const refund = {
  out_trade_no: parties.outTradeNo,
  transaction_id: parties.transactionId,
  out_refund_no: "R1",
  refund_id: "5000",
  amount: "39.80",
  refund_amount: "10.00",
  refund_status: "SUCCESS",
};

const genuine = sign(success);

/** The scheme's specimen, for each kind whose account carries its secrets. */
const hmacSpecimen = {
  clock,
  sign,
  examples: {
    payment: {
      facts: { ...success, subject: "茶 & 咖啡=1" },
      notice: {
        ...parties,
        eventType: "payment",
        amountMinor: 3_980,
        currency: "CNY",
        status: "succeeded",
        rawStatus: "SUCCESS",
      },
    },
    processing: {
      facts: { out_trade_no: "p1", amount: "10.1", currency: "USD", status: "USERPAYING" },
      notice: {
        eventType: "payment",
        outTradeNo: "p1",
        amountMinor: 1_010,
        currency: "USD",
        status: "processing",
        rawStatus: "USERPAYING",
      },
    },
    refund: {
      facts: refund,
      notice: {
        ...parties,
        eventType: "refund",
        amountMinor: 3_980,
        currency: "CNY",
        status: "refund_succeeded",
        rawStatus: "SUCCESS",
        outRefundNo: "R1",
        refundMinor: 1_000,
      },
    },
  },
  keys: [
    { name: "secret", request: genuine },
    { name: "secret", request: form(signed(success)) },
    ...previousSecrets.map((key, at) => ({ name: `previous secret ${at + 1}`, request: json(signed(success, key)) })),
  ],
  downgraded: {
    "no signature": json(success),
    "an empty signature": json({ ...success, sign: "" }),
    "a signature in upper case": json({ ...success, sign: signOf(success).toUpperCase() }),
    "a refund without its status": json(signed({ ...success, out_refund_no: "R1", refund_amount: "10.00" })),
    "a timestamp drawn into the field before it": json({
      ...success,
      subject: `tea&timestamp=${nowSeconds - 86_400}`,
      sign: signOf({ ...success, subject: "tea", timestamp: `${nowSeconds - 86_400}` }),
    }),
    "a field drawn into the id before it": json({
      ...success,
      transaction_id: `${success["transaction_id"]}&x=1`,
      sign: signOf({ ...success, x: "1" }),
    }),
  },
  duplicated: {
    "in JSON": request("application/json", withRepeatedName(genuine.body, "amount")),
    "in a form": request(
      "application/x-www-form-urlencoded",
      `${Buffer.from(form(signed(success)).body).toString()}&amount=1`,
    ),
  },
  signatureHeaders: [],
  freshnessSeconds: 300,
  wrongContentType: "text/xml",
  fieldsHold: "text",
  required: ["amount", "out_trade_no", "status", "transaction_id"],
  echoed: "subject",
  otherFacts: [
    ["amount", "39.81"],
    ["status", "CLOSED"],
    ["transaction_id", "another"],
    ["out_trade_no", "another"],
    ["currency", "USD"],
  ],
  respelling: "JSON may be written with other white space and escapes",
  acknowledgement: {
    accepted: { status: 200, contentType: "application/json", body: '{"code":"SUCCESS"}' },
    refused: {
      status: 401,
      contentType: "application/json",
      body: '{"code":"FAIL","message":"signature_invalid"}',
    },
  },
} as const satisfies Omit<Specimen<Kind>, "account" | "foreign">;

export const hmac: Specimen<"hmac"> = {
  ...hmacSpecimen,
  account: { kind: "hmac", secret, previousSecrets },
  foreign: {
    "another shop's": { account: { kind: "hmac", secret: "theirs" }, request: json(signed(success, "theirs")) },
  },
};

export const mock: Specimen<"mock"> = {
  ...hmacSpecimen,
  account: { kind: "mock", secret, previousSecrets, allowUnsigned: true },
  keys: [...hmacSpecimen.keys, { name: "unsigned", request: json(success), clock: { ...clock, production: false } }],
  foreign: {
    "another simulator's": { account: { kind: "mock", secret: "theirs" }, request: json(signed(success, "theirs")) },
  },
};
