import { z } from "@hono/zod-openapi";
import {
  callbackStates,
  exceptionActions,
  exceptionKinds,
  exceptionStates,
  formatAmount,
  parseAmount,
} from "@zhanggui/domain";
import { jobStates, queueNames } from "@zhanggui/queue";

import { storableText } from "./text.ts";

const longestReason = 500;
const longestName = 200;
const largestStock = 1_000_000_000;

const time = z.iso.datetime();

/** Why an operator does it; kept in the audit. */
export const reason = storableText(longestReason).optional();

/** A write that says nothing but why; it may also come without a body. */
export const reasonSchema = z.object({ reason }).openapi("Reason");

const price = z
  .string()
  .transform((text, context) => {
    const amount = parseAmount(text);
    if (amount?.greaterThan(0)) return formatAmount(amount);
    context.addIssue({ code: "custom", message: "must be yuan text above zero, such as 39.80" });
    return z.NEVER;
  })
  .openapi({ type: "string", example: "39.80" });

export const putProductSchema = z
  .object({
    name: z.string().trim().pipe(storableText(longestName)).openapi({ type: "string", maxLength: longestName }),
    price,
    available: z.int().min(0).max(largestStock),
    reason,
  })
  .openapi("PutProduct");

export const productSchema = z
  .object({
    sku: z.string(),
    name: z.string(),
    price: z.string(),
    available: z.int(),
    reserved: z.int(),
    sold: z.int(),
  })
  .openapi("Product");

export const callbackSchema = z
  .object({
    id: z.string(),
    provider: z.string(),
    eventKey: z.string(),
    eventType: z.enum(["payment", "refund", "ignored"]),
    state: z.enum(callbackStates),
    outcome: z.string().nullable(),
    status: z.string(),
    rawStatus: z.string(),
    outTradeNo: z.string(),
    transactionId: z.string().nullable(),
    amount: z.string(),
    currency: z.string(),
    orderId: z.string().nullable(),
    paymentId: z.string().nullable(),
    deliveries: z.int(),
    attempts: z.int(),
    error: z.string().nullable(),
    receivedAt: time,
    lastReceivedAt: time,
    settledAt: time.nullable(),
  })
  .openapi("Callback");

export const callbackWithBytesSchema = callbackSchema
  .extend({
    headers: z.record(z.string(), z.string()),
    body: z.string().openapi({ description: "The raw bytes, base64." }),
  })
  .openapi("CallbackWithBytes");

export const exceptionSchema = z
  .object({
    id: z.string(),
    kind: z.enum(exceptionKinds),
    state: z.enum(exceptionStates),
    orderId: z.string().optional(),
    paymentId: z.string().optional(),
    callbackId: z.string().optional(),
    amount: z.string().optional(),
    detail: z.unknown(),
    suggestedAction: z.enum(exceptionActions),
    dueAt: time,
    createdAt: time,
    resolvedAt: time.optional(),
  })
  .openapi("Exception");

export const auditEntrySchema = z
  .object({
    id: z.string(),
    at: time,
    actor: z.string(),
    action: z.string(),
    entity: z.string(),
    entityId: z.string(),
    orderId: z.string().nullable(),
    before: z.unknown(),
    after: z.unknown(),
    reason: z.string().nullable(),
    evidence: z.string().nullable(),
  })
  .openapi("AuditEntry");

export const holdSchema = z
  .object({ sku: z.string(), quantity: z.int(), state: z.enum(["held", "consumed", "released"]), updatedAt: time })
  .openapi("StockHold");

export const jobSchema = z
  .object({
    id: z.string(),
    queue: z.enum(queueNames),
    name: z.string(),
    state: z.enum(jobStates),
    data: z.unknown(),
    attemptsMade: z.int(),
    failedReason: z.string().optional(),
    createdAt: time,
    processedAt: time.optional(),
    finishedAt: time.optional(),
  })
  .openapi("Job");
