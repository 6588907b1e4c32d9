import type { Alert, AlertMessage, AuditEntry, Callback, GatewayQuery, ProviderHealth, StockHold } from "@zhanggui/db";
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
    verifiedBy: row.verified_by,
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

export function viewAuditEntry(row: AuditEntry & { readonly sealed?: boolean }) {
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
    ...(row.sealed === undefined ? {} : { sealed: row.sealed }),
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

export function viewGatewayQuery(row: GatewayQuery) {
  const { id, payment_id: paymentId, at, call, answer, says, ms } = row;
  return { id, paymentId, at: at.toISOString(), call, answer, says, ms };
}

type ProviderFacts = {
  readonly id: string;
  readonly kind: string;
  readonly callable: boolean;
  readonly openAttempts: number;
};

export function viewProvider(facts: ProviderFacts, health: ProviderHealth | undefined) {
  return {
    ...facts,
    silentSince: health?.silent_since?.toISOString() ?? null,
    lastCallbackAt: health?.last_callback_at?.toISOString() ?? null,
    lastAnswerAt: health?.last_answer_at?.toISOString() ?? null,
    restingUntil: health?.resting_until?.toISOString() ?? null,
  };
}

export function viewAlert(row: Alert, messages: readonly AlertMessage[]) {
  return {
    key: row.key,
    kind: row.kind,
    state: row.state,
    severity: row.severity,
    facts: row.facts,
    path: row.path,
    count: row.count,
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    lastSentAt: row.last_sent_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
    acknowledgedBy: row.acknowledged_by,
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
    acknowledgeReason: row.acknowledge_reason,
    messages: messages.map(({ id, channel, content, state, attempts, answer, created_at, next_try_at }) => ({
      id,
      channel,
      event: content.event,
      state,
      attempts,
      answer,
      createdAt: created_at.toISOString(),
      nextTryAt: state === "waiting" ? next_try_at.toISOString() : null,
    })),
  };
}
