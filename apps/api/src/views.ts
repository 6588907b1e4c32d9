import type { AuditEntry, Callback, ExceptionCase, StockHold } from "@zhanggui/db";
import { formatAmount, fromMinor } from "@zhanggui/domain";
import type { JobView } from "@zhanggui/queue";

/** Rows as the admin API shows them. */

export function viewCallback(row: Callback) {
  return {
    id: row.id,
    provider: row.provider,
    eventKey: row.event_key,
    eventType: row.event_type,
    state: row.state,
    outcome: row.outcome,
    status: row.status,
    rawStatus: row.raw_status,
    outTradeNo: row.out_trade_no,
    transactionId: row.transaction_id,
    amount: formatAmount(fromMinor(Number(row.amount_minor))),
    currency: row.currency,
    orderId: row.order_id,
    paymentId: row.payment_id,
    deliveries: row.deliveries,
    attempts: row.attempts,
    error: row.error,
    receivedAt: row.received_at.toISOString(),
    lastReceivedAt: row.last_received_at.toISOString(),
    settledAt: row.settled_at?.toISOString() ?? null,
  };
}

/** With the evidence: what came over the wire, byte for byte. */
export function viewCallbackWithBytes(row: Callback) {
  return { ...viewCallback(row), headers: row.headers, body: row.body.toString("base64") };
}

export function viewException(row: ExceptionCase) {
  const detail: unknown = JSON.parse(row.detail);
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    ...(row.order_id === null ? {} : { orderId: row.order_id }),
    ...(row.payment_id === null ? {} : { paymentId: row.payment_id }),
    ...(row.callback_id === null ? {} : { callbackId: row.callback_id }),
    ...(row.amount === null ? {} : { amount: row.amount }),
    detail,
    suggestedAction: row.suggested_action,
    dueAt: row.due_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    ...(row.resolved_at === null ? {} : { resolvedAt: row.resolved_at.toISOString() }),
  };
}

export function viewAuditEntry(row: AuditEntry) {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    entity: row.entity,
    entityId: row.entity_id,
    orderId: row.order_id,
    before: row.before,
    after: row.after,
    reason: row.reason,
    evidence: row.evidence,
  };
}

export function viewHold({ sku, quantity, state, updated_at }: StockHold) {
  return { sku, quantity, state, updatedAt: updated_at.toISOString() };
}

export function viewJob({ createdAt, processedAt, finishedAt, failedReason, ...job }: JobView) {
  return {
    ...job,
    ...(failedReason === undefined ? {} : { failedReason }),
    createdAt: createdAt.toISOString(),
    ...(processedAt === undefined ? {} : { processedAt: processedAt.toISOString() }),
    ...(finishedAt === undefined ? {} : { finishedAt: finishedAt.toISOString() }),
  };
}
