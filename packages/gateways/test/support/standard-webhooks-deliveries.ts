import { createHmac, generateKeyPairSync, sign } from "node:crypto";

import type { Verification } from "../../src/gateway.ts";
import type { StandardWebhooksAccount } from "../../src/standard-webhooks/account.ts";
import { standardWebhooks } from "../../src/standard-webhooks/index.ts";

export const now = new Date("2026-11-22T04:00:00Z");
export const nowSeconds = now.getTime() / 1000;

const secretBytes = Buffer.from("0123456789abcdef0123456789abcdef");
const keys = generateKeyPairSync("ed25519");
export const publicKeyText = `whpk_${Buffer.from(keys.publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("base64")}`;

export const account: StandardWebhooksAccount = {
  kind: "standard-webhooks",
  secret: `whsec_${secretBytes.toString("base64")}`,
  publicKey: publicKeyText,
  tolerance: 300,
};
export const symmetric: StandardWebhooksAccount = { kind: account.kind, secret: account.secret, tolerance: 300 };
export const asymmetric: StandardWebhooksAccount = { kind: account.kind, publicKey: publicKeyText, tolerance: 300 };

export const payment = {
  type: "payment.succeeded",
  timestamp: "2026-11-22T03:59:58.123456Z",
  data: { out_trade_no: "p_1", transaction_id: "t_1", amount: "39.80", currency: "CNY", status: "SUCCESS" },
} as const;

export const refund = {
  type: "refund.updated",
  timestamp: "2026-11-22T12:30:00+08:00",
  data: {
    out_trade_no: "p_1",
    transaction_id: "t_1",
    amount: "39.80",
    out_refund_no: "r_1",
    refund_id: "re_1",
    refund_amount: "10.00",
    refund_status: "PROCESSING",
  },
} as const;

export type Headers = Readonly<Record<string, string>>;

export function bytesOf(body: unknown): Buffer {
  return Buffer.from(JSON.stringify(body));
}

function signed(body: Uint8Array, id: string, timestamp: number | string): Buffer {
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
}

export function v1(
  body: Uint8Array,
  id = "msg_1",
  timestamp: number | string = nowSeconds,
  key: Uint8Array = secretBytes,
) {
  return `v1,${createHmac("sha256", key)
    .update(signed(body, id, timestamp))
    .digest("base64")}`;
}

export function v1a(body: Uint8Array, id = "msg_1", timestamp: number | string = nowSeconds, key = keys.privateKey) {
  return `v1a,${sign(null, signed(body, id, timestamp), key).toString("base64")}`;
}

export function headersFor(body: Uint8Array, change: Headers = {}): Headers {
  return {
    "content-type": "application/json",
    "webhook-id": "msg_1",
    "webhook-timestamp": `${nowSeconds}`,
    "webhook-signature": v1(body),
    ...change,
  };
}

export function check(
  body: Uint8Array,
  headers: Headers = headersFor(body),
  as = account,
  method = "POST",
): Verification {
  const request = { method, path: "/callbacks/generic", headers, body };
  return standardWebhooks.verify(as, request, { now, production: true });
}

export function checkBody(body: unknown, id = "msg_1"): Verification {
  const bytes = bytesOf(body);
  return check(bytes, headersFor(bytes, { "webhook-id": id, "webhook-signature": v1(bytes, id) }));
}

export function reasonOf(verification: Verification): string {
  return verification.ok ? "verified" : verification.reason;
}
