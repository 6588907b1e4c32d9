import { createHash } from "node:crypto";

import type { Notice } from "@zhanggui/domain";

/** Hexadecimal digits of the digest kept in a key: 64 bits, over facts that only the gateway can sign. */
const digestLength = 16;
const readableLength = 64;

/** A notice of these facts, with its key. */
export function noticeOf(facts: Omit<Notice, "eventKey">): Notice {
  return { ...facts, eventKey: eventKeyOf(facts) };
}

/**
 * The key of one event: readable for people, safe as part of a job id, and different as soon as any stated fact is.
 * The transaction id alone would let a `processing` swallow the `succeeded` that follows it.
 */
function eventKeyOf(facts: Omit<Notice, "eventKey" | "occurredAt">): string {
  const { eventType, outTradeNo, transactionId, amountMinor, currency, status, outRefundNo, refundMinor } = facts;
  const all = [eventType, outTradeNo, transactionId, amountMinor, currency, status, outRefundNo, refundMinor];
  // Two words that the gateway does not document are two facts, though we read both as unknown.
  if (status === "unknown") all.push(facts.rawStatus);
  const digest = createHash("sha256")
    .update(JSON.stringify(all.map((fact) => fact ?? null)))
    .digest("hex");
  const readable = (transactionId ?? outTradeNo).replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, readableLength);
  return `${readable}.${status}.${digest.slice(0, digestLength)}`;
}
