import { callbacks, orders, payments, receipts, refunds, transact, type Callback, type Tx } from "@zhanggui/db";
import {
  Decimal,
  Fault,
  type Ruling,
  formatAmount,
  fromMinor,
  refundStatusOf,
  retryableCallbackStates,
  ruleRefund,
} from "@zhanggui/domain";

import { type Rows, isRevived, isSentBack, rulingOn } from "./apply-notice.ts";
import type { Engine } from "./engine.ts";
import { lateMoneyOf } from "./late-money.ts";
import { believable, isRunningTotal } from "./settle-refund-notice.ts";

export type Preflight = {
  /** Whether a retry would be taken. */
  readonly retryable: boolean;
  /** What settlement would do now: a ruling, an exception's kind, `revive`, or `unmatched`. */
  readonly ruling: string;
  /** The same in a sentence for a person. */
  readonly summary: string;
};

/**
 * Says what retrying a notice would do now, by the same decisions as settlement. Changes nothing.
 *
 * @throws Fault `callback_not_found`.
 */
export async function preflightCallback(engine: Engine, callbackId: string): Promise<Preflight> {
  const row = await callbacks.find(engine.db, callbackId);
  if (row === undefined) throw new Fault("callback_not_found", { callbackId });
  const retryable = retryableCallbackStates.some((state) => state === row.state);
  return { retryable, ...(await transact(engine.db, (tx) => foresee(tx, engine, row))) };
}

type Foreseen = Pick<Preflight, "ruling" | "summary">;

async function foresee(tx: Tx, engine: Engine, row: Callback): Promise<Foreseen> {
  const notice = callbacks.noticeOf(row);
  const { provider } = row;
  if (notice.eventType === "refund") return foreseeRefund(tx, engine, row);
  const payment = await payments.findByOutTradeNo(tx, { provider, outTradeNo: row.out_trade_no });
  const order = payment && (await orders.find(tx, payment.order_id));
  if (payment === undefined || order === undefined || notice.eventType !== "payment") {
    return { ruling: "unmatched", summary: `No payment is known under ${row.out_trade_no}: retry does nothing.` };
  }
  const { transactionId } = notice;
  const booked = transactionId === undefined ? undefined : await receipts.find(tx, { provider, transactionId });
  const ruling = rulingOn({ order, payment }, notice, booked);
  const late = lateMoneyOf(engine, provider);
  if (await isRevived(tx, order, ruling, late)) {
    return { ruling: "revive", summary: `Order ${order.number} would be taken up again and become paid.` };
  }
  return isSentBack(ruling, booked, { ...late, stated: formatAmount(fromMinor(notice.amountMinor)) })
    ? {
        ruling: "refund",
        summary: `The money would be booked and sent back; order ${order.number} stays ${order.status}.`,
      }
    : inWords(ruling, { order, payment }, row);
}

async function foreseeRefund(tx: Tx, engine: Engine, row: Callback): Promise<Foreseen> {
  const { provider } = row;
  const notice = believable(engine, provider, callbacks.noticeOf(row));
  const { outRefundNo } = notice;
  const refund = outRefundNo === undefined ? undefined : await refunds.findByOutRefundNo(tx, { provider, outRefundNo });
  if (refund === undefined) {
    return {
      ruling: "refund_unknown",
      summary: `No refund ${outRefundNo ?? ""} is known: booked when it has succeeded and its payment holds the money.`,
    };
  }
  const ruling = ruleRefund(
    { status: refund.status, amount: new Decimal(refund.amount), currency: refund.currency },
    {
      status: refundStatusOf(notice),
      amount: notice.refundMinor === undefined ? undefined : fromMinor(notice.refundMinor),
      isRunningTotal: isRunningTotal(engine, provider, notice),
      currency: notice.currency,
    },
  );
  return ruling.kind === "move"
    ? { ruling: ruling.kind, summary: `The refund would become ${ruling.to}.` }
    : { ruling: ruling.kind, summary: `The refund is ${refund.status}, and stays so.` };
}

function inWords(ruling: Ruling, { order, payment }: Pick<Rows, "order" | "payment">, row: Callback): Foreseen {
  switch (ruling.kind) {
    case "settle":
      return { ruling: ruling.kind, summary: `Order ${order.number} would become paid.` };
    case "book":
      return {
        ruling: ruling.exception,
        summary: `The money would be booked and a case of ${ruling.exception} kept open; order ${order.number} stays ${order.status}.`,
      };
    case "move":
      return { ruling: ruling.kind, summary: `The payment would become ${ruling.path.at(-1) ?? payment.status}.` };
    case "repeat": {
      const by = payment.transaction_id === null ? "" : ` by ${payment.transaction_id}`;
      return { ruling: ruling.kind, summary: `The payment is ${payment.status} already${by}: retry does nothing.` };
    }
    case "outranked":
      return { ruling: ruling.kind, summary: `The payment is ${payment.status}, which this notice cannot change.` };
    case "puzzle":
      return {
        ruling: ruling.kind,
        summary: `The gateway's word ${row.raw_status} is not documented: a person decides.`,
      };
  }
}
