import { callbacks, orders, payments } from "@zhanggui/db";
import { Decimal, Fault, retryableCallbackStates, rule } from "@zhanggui/domain";

import type { Engine } from "./engine.ts";

export type Preflight = {
  /** Whether a retry would be taken. */
  readonly retryable: boolean;
  /** What settlement would do now: a ruling, or `unmatched`. */
  readonly ruling: string;
  /** The same in a sentence for a person. */
  readonly summary: string;
};

/** Says what retrying a notice would do now. Changes nothing. @throws Fault `callback_not_found`. */
export async function preflightCallback({ db }: Engine, callbackId: string): Promise<Preflight> {
  const row = await callbacks.find(db, callbackId);
  if (row === undefined) throw new Fault("callback_not_found", { callbackId });
  const retryable = retryableCallbackStates.some((state) => state === row.state);

  const notice = callbacks.noticeOf(row);
  const payment = await payments.findByOutTradeNo(db, { provider: row.provider, outTradeNo: row.out_trade_no });
  const order = payment && (await orders.find(db, payment.order_id));
  if (payment === undefined || order === undefined || notice.eventType !== "payment") {
    return {
      retryable,
      ruling: "unmatched",
      summary: `No payment is known under ${row.out_trade_no}: retry does nothing.`,
    };
  }

  const facts = {
    status: payment.status,
    amount: new Decimal(payment.amount),
    currency: payment.currency,
    transactionId: payment.transaction_id ?? undefined,
  };
  const ruling = rule(order, facts, notice);
  switch (ruling.kind) {
    case "settle":
      return { retryable, ruling: ruling.kind, summary: `Order ${order.number} would become paid.` };
    case "book":
      return {
        retryable,
        ruling: ruling.exception,
        summary: `The money would be booked and a case of ${ruling.exception} kept open; order ${order.number} stays ${order.status}.`,
      };
    case "move":
      return {
        retryable,
        ruling: ruling.kind,
        summary: `The payment would become ${ruling.path.at(-1) ?? payment.status}.`,
      };
    case "repeat":
      return {
        retryable,
        ruling: ruling.kind,
        summary: `The payment is ${payment.status} already${payment.transaction_id === null ? "" : ` by ${payment.transaction_id}`}: retry does nothing.`,
      };
    case "outranked":
      return {
        retryable,
        ruling: ruling.kind,
        summary: `The payment is ${payment.status}, which this notice cannot change.`,
      };
    case "puzzle":
      return {
        retryable,
        ruling: ruling.kind,
        summary: `The gateway's word ${row.raw_status} is not documented: a person decides.`,
      };
  }
}
