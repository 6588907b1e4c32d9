import { type Refund, type Tx, audit, receipts, refunds } from "@zhanggui/db";
import { Decimal, type RefundState, type RefundWords, formatAmount, keepsReserve, ruleRefund } from "@zhanggui/domain";

import { rearmEarlyRefunds } from "./early-refunds.ts";
import { endOrder } from "./end-order.ts";
import { type RefundCase, closeRefundCases, openRefundCase } from "./refund-case.ts";
import type { RefundRows } from "./refund-rows.ts";

/** A gateway's words about one refund of ours, and where they stand. */
export type RefundEvidence = {
  readonly words: RefundWords;
  /** The gateway's own number for it, where it told one. */
  readonly refundId?: string | undefined;
  /** The gateway's own word, or why it refused. */
  readonly says: string;
  readonly succeededAt?: Date | undefined;
  readonly source: { readonly kind: "callback"; readonly id: string } | { readonly kind: "call" };
};

export type AppliedRefund = {
  readonly state: "processed" | "ignored" | "parked";
  readonly outcome: string;
};

/**
 * Writes what a gateway's words mean for a refund, in the transaction that holds the locks: the refund, the receipt, the
 * order when its money is fully back, and a case for whatever a person has to look at.
 */
export async function applyRefund(tx: Tx, rows: RefundRows, evidence: RefundEvidence): Promise<AppliedRefund> {
  const { refund } = rows;
  const ruling = ruleRefund(
    { status: refund.status, amount: new Decimal(refund.amount), currency: refund.currency },
    evidence.words,
  );
  switch (ruling.kind) {
    case "move":
      return ruling.to === "succeeded"
        ? succeed(tx, rows, evidence)
        : { state: "processed", outcome: await walk(tx, rows, evidence, ruling.to) };
    case "repeat":
    case "outranked":
      return { state: "ignored", outcome: ruling.kind };
    case "contradiction":
      return park(tx, rows, evidence, "refund_failed");
    case "amount_differs":
      return park(tx, rows, evidence, "amount_mismatch");
    case "puzzle":
      return park(tx, rows, evidence, "refund_unknown");
  }
}

/** The buyer has the money back. */
async function succeed(tx: Tx, rows: RefundRows, evidence: RefundEvidence): Promise<AppliedRefund> {
  const { refund, order } = rows;
  const movement = keepsReserve(refund.status) ? "give_back" : "give_back_unreserved";
  const receipt = await receipts.moveRefund(tx, keyOf(refund), { movement, amount: refund.amount });
  // It had failed, and what it freed has gone another way since: more went back than came in.
  if (receipt === undefined) return park(tx, rows, evidence, "refund_unknown");

  await move(tx, rows, evidence, "succeeded");
  const actor = actorOf(refund);
  await closeRefundCases(
    tx,
    { ...aboutOf(refund), kinds: ["refund_unknown", "refund_failed"] },
    { actor, orderId: refund.order_id, reason: "the refund succeeded" },
  );
  await endOrder(tx, { order, receipt, actor, evidence: evidenceId(refund, evidence) });
  return { state: "processed", outcome: "refund_succeeded" };
}

/** Everything but a success. Answers the new state as an outcome. */
async function walk(tx: Tx, rows: RefundRows, evidence: RefundEvidence, to: RefundState): Promise<string> {
  const { refund } = rows;
  if (to === "failed") {
    const freed = await receipts.moveRefund(tx, keyOf(refund), { movement: "free", amount: refund.amount });
    if (freed === undefined) throw new Error(`refund ${refund.id} had reserved nothing`);
  }
  await move(tx, rows, evidence, to);
  if (to === "failed") {
    // Perhaps because the money went back from the gateway's console, which was told while ours held the amount.
    const { out_trade_no: outTradeNo } = rows.receipt;
    await rearmEarlyRefunds(tx, {
      provider: refund.provider,
      notice: { outTradeNo },
      evidence: evidenceId(refund, evidence),
    });
  }
  if (to === "failed" || to === "abnormal") {
    await closeRefundCases(
      tx,
      { ...aboutOf(refund), kinds: ["refund_unknown"] },
      { actor: actorOf(refund), orderId: refund.order_id, reason: `the refund is known to be ${to}` },
    );
    await openCase(tx, rows, evidence, "refund_failed");
  }
  return `refund_${to}`;
}

async function move(tx: Tx, { refund }: RefundRows, evidence: RefundEvidence, to: RefundState): Promise<void> {
  const { refundId, says, succeededAt } = evidence;
  const error = to === "failed" || to === "abnormal" ? says : undefined;
  await refunds.move(tx, refund, { to, refundId, error, succeededAt });
  await audit.write(tx, [
    {
      actor: actorOf(refund),
      action: `refund.${to}`,
      entity: "refund",
      entityId: refund.id,
      orderId: refund.order_id ?? undefined,
      before: { status: refund.status },
      after: { status: to, says, ...(refundId === undefined ? {} : { refundId }) },
      evidence: evidenceId(refund, evidence),
    },
  ]);
}

async function park(
  tx: Tx,
  rows: RefundRows,
  evidence: RefundEvidence,
  kind: RefundCase["kind"],
): Promise<AppliedRefund> {
  await openCase(tx, rows, evidence, kind);
  return { state: "parked", outcome: kind };
}

/** Asks a person about a refund of ours. */
async function openCase(
  tx: Tx,
  { refund }: RefundRows,
  { words, says, source }: RefundEvidence,
  kind: RefundCase["kind"],
): Promise<void> {
  const stated = words.amount === undefined ? null : formatAmount(words.amount);
  await openRefundCase(tx, {
    ...aboutOf(refund),
    kind,
    orderId: refund.order_id,
    paymentId: refund.payment_id,
    callbackId: source.kind === "callback" ? source.id : undefined,
    amount: refund.amount,
    detail: { refund: refund.id, was: refund.status, says, stated, transactionId: refund.transaction_id },
    actor: actorOf(refund),
  });
}

/** A refund whose gateway has been asked for too long without a word: a person may know more. Asking goes on. */
export async function openUnknownCase(tx: Tx, refund: Refund, why: string): Promise<void> {
  await openRefundCase(tx, {
    ...aboutOf(refund),
    kind: "refund_unknown",
    orderId: refund.order_id,
    paymentId: refund.payment_id,
    callbackId: undefined,
    amount: refund.amount,
    detail: { refund: refund.id, was: refund.status, why, transactionId: refund.transaction_id },
    actor: "system:refunds",
  });
}

function keyOf({ provider, transaction_id }: Refund): receipts.ReceiptKey {
  return { provider, transactionId: transaction_id };
}

function aboutOf({ provider, out_refund_no }: Refund): Pick<RefundCase, "provider" | "number"> {
  return { provider, number: out_refund_no };
}

function actorOf({ provider }: Refund): string {
  return `gateway:${provider}`;
}

function evidenceId({ provider, out_refund_no }: Refund, { source }: RefundEvidence): string {
  return source.kind === "callback" ? source.id : `refund:${provider}:${out_refund_no}`;
}
