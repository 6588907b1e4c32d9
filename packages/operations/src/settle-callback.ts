import { type Tx, audit, callbacks, exceptions, receipts, transact } from "@zhanggui/db";
import { Fault, type Notice, formatAmount, fromMinor } from "@zhanggui/domain";

import { type Applied, applyNotice } from "./apply-notice.ts";
import { closeLeftOver, planLeftOver } from "./ask-gateways.ts";
import { type Engine, bestEffort } from "./engine.ts";
import { rearmEarlyRefunds } from "./early-refunds.ts";
import { newId } from "./ids.ts";
import { lateMoneyOf } from "./late-money.ts";
import { lockRows } from "./lock-rows.ts";
import { ringRefund } from "./request-refund.ts";
import { type RefundNotice, settleRefundNotice } from "./settle-refund-notice.ts";

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
  if (notice.eventType === "refund") return settleRefund(engine, { row, notice, payment });
  const applied = await transact(engine.db, (tx) =>
    payment === undefined || notice.eventType !== "payment"
      ? setAside(tx, row, notice, payment)
      : settleKnown(tx, engine, { row, notice, orderId: payment.orderId, paymentId: payment.id }),
  );
  if (applied.refund !== undefined) await ringRefund(engine, applied.refund);
  if (applied.leftOver !== undefined) await closeLeftOver(engine, applied.leftOver);
  if (applied.ended && payment !== undefined) {
    await bestEffort(engine, "forget expiry", engine.wake.forgetExpiry(payment.orderId));
  }
  return applied.outcome;
}

async function settleRefund(engine: Engine, heard: RefundNotice): Promise<string> {
  const { outcome, toAsk } = await transact(engine.db, (tx) => settleRefundNotice(tx, engine, heard));
  if (toAsk !== undefined) await ringRefund(engine, toAsk);
  return outcome;
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
  const applied = await applyNotice(tx, rows, evidence, lateMoneyOf(engine, row.provider));
  await planLeftOver(tx, engine, applied.leftOver ?? []);
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
  const applied: Applied = isMoney
    ? await bookUnmatched(tx, row, notice)
    : { state: "ignored", outcome: "unmatched", ended: false };
  await callbacks.settle(tx, row.id, { ...applied, orderId: payment?.orderId, paymentId: payment?.id });
  if (isMoney) await rearmEarlyRefunds(tx, { provider: row.provider, notice, evidence: row.id });
  return applied;
}

/** Money of nobody waits for a person, unless one has decided about it already. */
async function bookUnmatched(tx: Tx, row: callbacks.StatedCallback, notice: Notice): Promise<Applied> {
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
  const subject = `transaction:${row.provider}:${notice.transactionId}`;
  if (await exceptions.isResolved(tx, { kind: "unmatched_payment", subject })) {
    return { state: "ignored", outcome: "repeat", ended: false };
  }
  await openCase(tx, { row, notice, subject });
  return { state: "parked", outcome: "unmatched_payment", ended: false };
}

type Opening = { readonly row: callbacks.StatedCallback; readonly notice: Notice; readonly subject: string };

async function openCase(tx: Tx, { row, notice, subject }: Opening): Promise<void> {
  const id = newId("exc");
  const kind = "unmatched_payment";
  const opened = await exceptions.open(tx, {
    id,
    subject,
    kind,
    orderId: undefined,
    paymentId: undefined,
    callbackId: row.id,
    amount: formatAmount(fromMinor(notice.amountMinor)),
    detail: JSON.stringify({ outTradeNo: notice.outTradeNo, says: notice.rawStatus }),
  });
  if (!opened) return;
  await audit.write(tx, [
    {
      actor: `gateway:${row.provider}`,
      action: "exception.open",
      entity: "exception",
      entityId: id,
      after: { kind },
      evidence: row.id,
    },
  ]);
}
