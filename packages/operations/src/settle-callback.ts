import { type Tx, audit, callbacks, exceptions, receipts, transact } from "@zhanggui/db";
import { Fault, type Notice, formatAmount, fromMinor } from "@zhanggui/domain";

import { type Applied, applyNotice } from "./apply-notice.ts";
import { closeLeftOver } from "./ask-gateways.ts";
import { type Engine, bestEffort } from "./engine.ts";
import { newId } from "./ids.ts";
import { lockRows } from "./lock-rows.ts";

/**
 * Settles one recorded notice. Everything is read anew: the outcome depends on today's rows, so a job may come late,
 * twice or long after it was settled by other means.
 *
 * @returns what became of it: an outcome, or `already_settled`.
 * @throws Fault `callback_not_found`; `state_changed_meanwhile` when another run settled it first.
 */
export async function settleCallback(engine: Engine, callbackId: string): Promise<string> {
  const found = await callbacks.findWithPayment(engine.db, callbackId);
  if (found === undefined) throw new Fault("callback_not_found", { callbackId });
  const { row, payment } = found;
  if (row.state !== "received") return "already_settled";

  const notice = callbacks.noticeOf(row);
  const applied = await transact(engine.db, (tx) =>
    payment === undefined || notice.eventType !== "payment"
      ? setAside(tx, row, notice, payment)
      : settleKnown(tx, engine, { row, notice, orderId: payment.orderId, paymentId: payment.id }),
  );
  if (applied.leftOver !== undefined) await closeLeftOver(engine, applied.leftOver);
  if (applied.ended && payment !== undefined) {
    await bestEffort(engine, "forget expiry", engine.wake.forgetExpiry(payment.orderId));
  }
  return applied.outcome;
}

type KnownPayment = { readonly id: string; readonly orderId: string };

type Known = {
  readonly row: callbacks.StatedCallback;
  readonly notice: Notice;
  readonly orderId: string;
  readonly paymentId: string;
};

/** Locks order, then payments; `applyNotice` goes on to the products. */
async function settleKnown(tx: Tx, engine: Engine, { row, notice, orderId, paymentId }: Known): Promise<Applied> {
  const rows = await lockRows(tx, { orderId, paymentId });
  const evidence = { provider: row.provider, notice, source: { kind: "callback", id: row.id } } as const;
  const applied = await applyNotice(tx, rows, evidence, engine.latePaymentPolicy);
  await callbacks.settle(tx, row.id, { ...applied, orderId, paymentId });
  return applied;
}

/**
 * A notice that speaks of nothing we know. We commit a number before any gateway hears it, so it cannot be early: money
 * in it belongs to another shop or to rows that were lost, and a person is asked.
 */
async function setAside(
  tx: Tx,
  row: callbacks.StatedCallback,
  notice: Notice,
  payment: KnownPayment | undefined,
): Promise<Applied> {
  const isMoney = notice.eventType === "payment" && notice.status === "succeeded";
  const isStrangeRefund = notice.eventType === "refund";
  const applied: Applied =
    isMoney || isStrangeRefund
      ? { state: "parked", outcome: isMoney ? "unmatched_payment" : "refund_unknown", ended: false }
      : { state: "ignored", outcome: "unmatched", ended: false };

  if (isMoney) await bookUnmatched(tx, row, notice);
  if (applied.state === "parked") {
    await openCase(tx, { row, notice, payment, kind: isMoney ? "unmatched_payment" : "refund_unknown" });
  }
  await callbacks.settle(tx, row.id, { ...applied, orderId: payment?.orderId, paymentId: payment?.id });
  return applied;
}

async function bookUnmatched(tx: Tx, row: callbacks.StatedCallback, notice: Notice): Promise<void> {
  if (notice.transactionId === undefined) throw new Error("a success without a transaction id was let through");
  await receipts.book(tx, {
    provider: row.provider,
    transaction_id: notice.transactionId,
    amount: formatAmount(fromMinor(notice.amountMinor)),
    currency: notice.currency,
    out_trade_no: notice.outTradeNo,
    order_id: null,
    payment_id: null,
    callback_id: row.id,
  });
}

type Case = {
  readonly row: callbacks.StatedCallback;
  readonly notice: Notice;
  readonly payment: KnownPayment | undefined;
  readonly kind: "unmatched_payment" | "refund_unknown";
};

async function openCase(tx: Tx, { row, notice, payment, kind }: Case): Promise<void> {
  const id = newId("exc");
  const isRefund = kind === "refund_unknown";
  const opened = await exceptions.open(tx, {
    id,
    subject: isRefund
      ? `refund:${row.provider}:${notice.outRefundNo ?? row.event_key}`
      : `transaction:${row.provider}:${notice.transactionId ?? row.event_key}`,
    kind,
    orderId: payment?.orderId,
    paymentId: payment?.id,
    callbackId: row.id,
    amount: formatAmount(fromMinor(isRefund ? (notice.refundMinor ?? 0) : notice.amountMinor)),
    detail: JSON.stringify({
      outTradeNo: notice.outTradeNo,
      ...(notice.outRefundNo === undefined ? {} : { outRefundNo: notice.outRefundNo }),
      says: notice.rawStatus,
    }),
  });
  if (!opened) return;
  await audit.write(tx, [
    {
      actor: `gateway:${row.provider}`,
      action: "exception.open",
      entity: "exception",
      entityId: id,
      orderId: payment?.orderId,
      after: { kind },
      evidence: row.id,
    },
  ]);
}
