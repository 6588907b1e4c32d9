import { createHmac } from "node:crypto";

import type { Verification } from "../../src/gateway.ts";
import type { StripeAccount } from "../../src/stripe/account.ts";
import { stripe } from "../../src/stripe/index.ts";

export const now = new Date("2026-11-22T04:00:00Z");
export const nowSeconds = now.getTime() / 1000;

export const account: StripeAccount = {
  kind: "stripe",
  secret: "whsec_current0123456789abcdef",
  previousSecrets: ["whsec_previous0123456789abcde"],
  tolerance: 300,
  livemode: false,
  apiKey: "sk_test_0123456789",
};

export type StripeObject = Readonly<Record<string, unknown>>;

export const intent: StripeObject = {
  id: "pi_1",
  object: "payment_intent",
  amount: 3980,
  amount_received: 3980,
  currency: "cny",
  cancellation_reason: null,
  metadata: { out_trade_no: "p_1", shop: "茶" },
  status: "succeeded",
};

export const session: StripeObject = {
  id: "cs_1",
  object: "checkout.session",
  mode: "payment",
  payment_intent: "pi_1",
  payment_status: "paid",
  amount_total: 3980,
  currency: "cny",
  metadata: { out_trade_no: "p_1" },
};

export const charge: StripeObject = {
  id: "ch_1",
  object: "charge",
  payment_intent: "pi_1",
  amount: 3980,
  amount_refunded: 500,
  captured: true,
  refunded: false,
  currency: "cny",
  metadata: { out_trade_no: "p_1" },
};

export const refund: StripeObject = {
  id: "re_1",
  object: "refund",
  payment_intent: "pi_1",
  charge: "ch_1",
  amount: 500,
  currency: "cny",
  status: "succeeded",
  reason: "requested_by_customer",
  metadata: { out_trade_no: "p_1", out_refund_no: "r_1" },
};

export function eventOf(type: string, object: StripeObject, frame: StripeObject = {}): StripeObject {
  return {
    id: "evt_1",
    object: "event",
    api_version: "2026-10-29.dahlia",
    created: 1_795_319_990,
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    ...frame,
  };
}

export function bytesOf(event: unknown): Buffer {
  return Buffer.from(JSON.stringify(event, null, 2));
}

export function digest(body: Uint8Array, secret: string = account.secret, t: number | string = nowSeconds): string {
  return createHmac("sha256", secret).update(`${t}.`).update(body).digest("hex");
}

export function headerFor(body: Uint8Array, secret: string = account.secret, t: number | string = nowSeconds): string {
  return `t=${t},v1=${digest(body, secret, t)}`;
}

export function check(
  body: Uint8Array,
  signature: string | undefined = headerFor(body),
  change: { readonly as?: StripeAccount; readonly now?: Date } = {},
): Verification {
  return stripe.verify(
    change.as ?? account,
    {
      method: "POST",
      path: "/callbacks/stripe",
      headers: { "content-type": "application/json; charset=utf-8", "stripe-signature": signature },
      body,
    },
    { now: change.now ?? now, production: true },
  );
}

/** Reads one event, signed as it should be. */
export function checkEvent(type: string, object: StripeObject, frame: StripeObject = {}): Verification {
  return check(bytesOf(eventOf(type, object, frame)));
}

export function reasonOf(verification: Verification): string {
  return verification.ok ? "verified" : verification.reason;
}
