import { z } from "@hono/zod-openapi";
import {
  alertEvents,
  alertKinds,
  alertSeverities,
  alertStates,
  callbackStates,
  caseEffects,
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

/** Yuan above zero, in the form in which it is kept. */
const positiveAmount = z
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
    price: positiveAmount,
    available: z.int().min(0).max(largestStock),
    reason,
  })
  .openapi("PutProduct");

export const refundOrderSchema = z
  .object({
    amount: positiveAmount
      .optional()
      .openapi({ type: "string", description: "Yuan; without it all that is left of the order's payment." }),
    restock: z.boolean().optional().openapi({
      description: "Put the pieces back on sale when all the money is back. Only with all that is left; default false.",
    }),
    reason,
  })
  .openapi("RefundOrder");

export const refundProposalSchema = z
  .object({
    amount: z.string(),
    restock: z.boolean(),
    endsOrderAs: z.enum(["refunded", "cancelled"]),
    by: z.string(),
    at: time,
    reason: z.string().optional(),
  })
  .openapi("RefundProposal");

export const cancelOrderSchema = z
  .object({
    restock: z.boolean().optional().openapi({
      description: "Of a paid order: whether its pieces go back on sale when the money is back. Default true.",
    }),
    reason,
  })
  .openapi("CancelOrder");

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
    verifiedBy: z.string().nullable().openapi({ description: "The name of the key that verified it." }),
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
    evidence: z.string().optional().openapi({ description: "The callback or the query that proves it." }),
    amount: z.string().optional(),
    owner: z.string().optional(),
    detail: z.unknown(),
    suggestedAction: z.enum(exceptionActions),
    allowedActions: z.array(
      z.object({
        action: z.enum(exceptionActions),
        does: z.enum(caseEffects).openapi({ description: "What it would do now." }),
        needs: z.array(z.enum(["orderId"])),
        secondPerson: z.enum(["no", "unless_admin", "yes"]),
      }),
    ),
    proposal: z
      .object({
        action: z.enum(exceptionActions),
        by: z.string(),
        at: time,
        reason: z.string().optional(),
        orderId: z.string().optional(),
      })
      .optional()
      .openapi({ description: "Waits for a second person who asks for the same." }),
    overdue: z.boolean(),
    dueAt: time,
    createdAt: time,
    resolution: z.enum(exceptionActions).optional(),
    resolvedBy: z.string().optional(),
    resolveReason: z.string().optional(),
    resolvedAt: time.optional(),
  })
  .openapi("Exception");

export const requiredReason = storableText(longestReason);
const longestId = 100;

export const resolveExceptionSchema = z
  .object({
    action: z.enum(exceptionActions),
    reason: requiredReason,
    amount: positiveAmount
      .optional()
      .openapi({ type: "string", description: "Yuan that you saw: refused when something else is at stake by now." }),
    orderId: storableText(longestId)
      .optional()
      .openapi({ description: "Which order unmatched money is for; only with `apply`." }),
  })
  .openapi("ResolveException");

export const requiredReasonSchema = z.object({ reason: requiredReason }).openapi("RequiredReason");

export const assignExceptionSchema = z
  .object({ owner: storableText(longestName).nullable(), reason: requiredReason })
  .openapi("AssignException");

const alertMessageSchema = z.object({
  id: z.string(),
  channel: z.string().openapi({ description: "The receiver, by a name that tells nothing of its address." }),
  event: z.enum(alertEvents),
  state: z.enum(["waiting", "sent", "failed", "superseded"]),
  attempts: z.int(),
  answer: z.string().nullable().openapi({ description: "What the receiver said last." }),
  createdAt: time,
  nextTryAt: time.nullable(),
});

export const alertSchema = z
  .object({
    key: z.string(),
    kind: z.enum(alertKinds),
    state: z.enum(alertStates),
    severity: z.enum(alertSeverities),
    facts: z.record(z.string(), z.union([z.string(), z.number()])),
    path: z.string().openapi({ description: "Where it can be looked into, below PUBLIC_URL." }),
    count: z.int().openapi({ description: "How often it has begun." }),
    firstAt: time.openapi({ description: "When it began this time." }),
    lastAt: time.openapi({ description: "When it was last found." }),
    lastSentAt: time.openapi({ description: "When people were last told." }),
    resolvedAt: time.nullable(),
    acknowledgedBy: z.string().nullable(),
    acknowledgedAt: time.nullable(),
    acknowledgeReason: z.string().nullable(),
    messages: z.array(alertMessageSchema).openapi({ description: "The newest few." }),
  })
  .openapi("Alert");

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
    sealed: z.boolean().optional().openapi({ description: "Whether it is under a seal of the audit's chain." }),
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

export const gatewayQuerySchema = z
  .object({
    id: z.string(),
    paymentId: z.string(),
    at: time,
    call: z.enum(["query", "close"]),
    answer: z.enum(["found", "closed", "paid", "not_found", "unknown"]),
    says: z.string().nullable().openapi({ description: "The gateway's own word, or why there was none." }),
    ms: z.int(),
  })
  .openapi("GatewayQuery");

export const providerSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    callable: z.boolean().openapi({ description: "Whether its gateway is called; else it only calls us." }),
    silentSince: time.nullable().openapi({ description: "Since when its money is found by queries only." }),
    lastCallbackAt: time.nullable(),
    lastAnswerAt: time.nullable(),
    restingUntil: time.nullable().openapi({ description: "It has not answered for long and is left in peace." }),
    openAttempts: z.int(),
  })
  .openapi("Provider");
