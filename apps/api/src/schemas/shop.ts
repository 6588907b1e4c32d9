import { z } from "@hono/zod-openapi";

import { storableText } from "./text.ts";

const maximumLines = 50;
const maximumQuantity = 1_000;

const amount = z.string().openapi({ example: "39.80", description: "Yuan, two decimals." });
const time = z.iso.datetime().openapi({ example: "2026-11-22T08:30:00.000Z" });

export const skuSchema = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "1–64 of A-Z a-z 0-9 . _ -");

/** A provider id as `PROVIDERS_FILE` writes it. */
const providerSchema = storableText(64);

export const orderSchema = z
  .object({
    id: z.string(),
    number: z.string(),
    status: z.enum(["pending", "paid", "shipped", "completed", "refunded", "cancelled"]),
    amount,
    currency: z.string(),
    items: z.array(z.object({ sku: z.string(), name: z.string(), unitPrice: amount, quantity: z.int() })),
    expiresAt: time,
    createdAt: time,
    paidAt: time.optional(),
    cancelledAt: time.optional(),
    cancelReason: z.string().optional(),
  })
  .openapi("Order");

export const paymentSchema = z
  .object({
    id: z.string(),
    orderId: z.string(),
    provider: z.string(),
    status: z.enum(["init", "processing", "succeeded", "failed", "cancelled", "expired"]),
    amount,
    currency: z.string(),
    outTradeNo: z.string(),
    transactionId: z.string().optional(),
    createdAt: time,
    succeededAt: time.optional(),
  })
  .openapi("Payment");

export const refundSchema = z
  .object({
    id: z.string(),
    orderId: z.string().optional(),
    paymentId: z.string().optional(),
    amount,
    status: z.enum(["created", "processing", "unknown", "succeeded", "failed", "abnormal"]),
    outRefundNo: z.string(),
    reason: z.string(),
    createdAt: time,
    succeededAt: time.optional(),
  })
  .openapi("Refund");

export const actionSchema = z
  .object({
    type: z.enum(["qr", "redirect", "form", "none"]),
    url: z.string().optional(),
    fields: z.record(z.string(), z.string()).optional(),
  })
  .openapi("PaymentAction");

export const placeOrderSchema = z
  .object({
    items: z
      .array(z.object({ sku: skuSchema, quantity: z.int().min(1).max(maximumQuantity) }))
      .min(1)
      .max(maximumLines)
      .refine((items) => new Set(items.map(({ sku }) => sku)).size === items.length, "names a product twice"),
    provider: providerSchema,
    ttlSeconds: z
      .int()
      .min(1)
      .optional()
      .openapi({ description: "A deadline nearer than the shop's own, for goods held only shortly." }),
  })
  .openapi("PlaceOrder");

const longestUrl = 2048;

export const startPaymentSchema = z
  .object({
    returnUrl: z
      .url({ protocol: /^https?$/ })
      .max(longestUrl)
      .optional()
      .openapi({ description: "Where the gateway leads the buyer's browser afterwards, where it has such a step." }),
  })
  .openapi("StartPayment");

export const addPaymentSchema = z.object({ provider: providerSchema }).openapi("AddPayment");
