import { z } from "zod";

/** Stripe says "none" by null or by leaving the field out, as the API version has it. */
export function maybe<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** Of the event's frame: what every type has. A "thin" v2 event says `v2.core.event` and carries no object: refused. */
export const stripeEvent = z.object({
  object: z.literal("event"),
  id: z.string().regex(/^[\x21-\x7e]{1,255}$/),
  type: z.string().regex(/^[\x21-\x7e]{1,255}$/),
  created: z.int().min(0).max(99_999_999_999),
  livemode: z.boolean(),
  /** The connected account (acct_…) that the event is about; absent when it is about our own. */
  account: maybe(z.string()),
  data: z.object({ object: z.looseObject({}) }),
});
export type StripeEvent = z.infer<typeof stripeEvent>;

const objectId = z.string().regex(/^[\x21-\x7e]{1,64}$/);
/** Integer minor units, of two, none (jpy) or three (kwd) decimals: kept as Stripe says. */
const minor = z.int().min(0);
const currency = z
  .string()
  .regex(/^[a-z]{3}$/)
  .transform((code) => code.toUpperCase());
/** Our numbers travel in `metadata`, which is text. An empty value is Stripe's way to say that there is none. */
const numberText = /^[\x21-\x7e]{1,64}$/;
const ourNumber = z.union([z.literal(""), z.string().regex(numberText)]).optional();

/** A shop that opens its payments at Stripe itself may have put our number under one of the usual names. */
const otherNames = ["outTradeNo", "order_number", "orderNumber", "order_no", "order_id", "orderId"] as const;

const metadata = maybe(
  z.looseObject({ out_trade_no: ourNumber, out_refund_no: ourNumber }).transform((given) => ({
    out_trade_no: given.out_trade_no || otherNames.map((name) => given[name]).find(isNumber),
    out_refund_no: given.out_refund_no,
  })),
);

function isNumber(value: unknown): value is string {
  return typeof value === "string" && numberText.test(value);
}

export const paymentIntent = z.object({
  id: objectId,
  amount: minor,
  amount_received: minor.optional(),
  currency,
  cancellation_reason: maybe(z.string()),
  metadata,
});

export const checkoutSession = z.object({
  mode: z.string().optional(),
  payment_intent: maybe(objectId),
  payment_status: z.string().optional(),
  amount_total: maybe(minor),
  currency: maybe(currency),
  client_reference_id: maybe(z.string()),
  metadata,
});

export const charge = z.object({
  payment_intent: maybe(objectId),
  amount: minor,
  amount_refunded: minor.optional(),
  captured: z.boolean().optional(),
  currency,
  metadata,
});

export const refund = z.object({
  id: objectId,
  payment_intent: maybe(objectId),
  amount: minor,
  currency,
  status: maybe(z.string().regex(/^[\x21-\x7e]{1,64}$/)),
  reason: maybe(z.string()),
  metadata,
});
