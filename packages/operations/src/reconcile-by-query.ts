import { setTimeout as sleep } from "node:timers/promises";

import {
  type Payment,
  type Reconciliation,
  type Refund,
  type TotalJson,
  receipts,
  reconciliationDays,
  reconciliationDifferences,
  reconciliations,
  refunds,
  transact,
} from "@zhanggui/db";
import { Decimal, formatAmount, fromMinor, isUnderWay } from "@zhanggui/domain";
import { gatewayOf } from "@zhanggui/gateways";

import { askHowItStands } from "./ask-gateways.ts";
import { askingOf, callQuery } from "./call-gateway.ts";
import type { Engine } from "./engine.ts";
import type { ReadyDay } from "./reconcile.ts";
import type { Progress } from "./reconcile-statement.ts";
import { openCases } from "./reconciliation-cases.ts";
import { closeRighted, maximumClosed } from "./righted-cases.ts";
import { sendRefund } from "./send-refund.ts";

/** So many calls at once, and then none for a while: a day is asked about beside everything else. */
const askedAtOnce = 5;
const pauseMs = 250;
const pageSize = 500;
/** A shop with more payments in a day waits for the statement. */
const maximumAsked = 100_000;
/** A gateway that leaves so many calls without an answer is not there. */
const maximumUnheard = 50;

/** What one call told; `undefined` where there is nothing to compare. */
type Told =
  | {
      readonly kind: "same";
      readonly amount: string;
      readonly currency: string;
      readonly type: "payment" | "refund";
      readonly key: string;
    }
  | { readonly kind: "differs"; readonly difference: reconciliationDifferences.NewDifference }
  | { readonly kind: "unheard"; readonly why: string };

type Round = {
  readonly engine: Engine;
  readonly ready: ReadyDay;
  readonly run: Reconciliation;
  readonly progress: ((progress: Progress) => void) | undefined;
  /** Open cases of this day that a call may show to be right now, by what they are about. */
  readonly doubted: ReadonlyMap<string, reconciliationDifferences.OpenedCase>;
  readonly righted: reconciliationDifferences.OpenedCase[];
  readonly sums: Map<string, { count: number; amount: Decimal }>;
  asked: number;
  unheard: number;
  why: string;
};

export type AskedDay =
  | { readonly kind: "done"; readonly run: Reconciliation }
  | { readonly kind: "not_done"; readonly why: string };

/**
 * Compares a day with what the gateway itself answers, each payment and refund asked about once (T+0): signed answers,
 * where a statement is not there yet. Money that an answer tells of is written as any other evidence is.
 */
export async function reconcileByQuery(
  engine: Engine,
  ready: ReadyDay,
  run: Reconciliation,
  progress?: (progress: Progress) => void,
): Promise<AskedDay> {
  const { db } = engine;
  await reconciliationDifferences.clear(db, run.id);
  const cases = await reconciliationDifferences.openCasesOfDay(db, {
    provider: run.provider,
    day: run.day,
    limit: maximumClosed,
  });
  const doubted = new Map(cases.map((one) => [`${one.type}:${one.key}`, one]));
  const round: Round = {
    engine,
    ready,
    run,
    progress,
    doubted,
    righted: [],
    sums: new Map(),
    asked: 0,
    unheard: 0,
    why: "",
  };
  const { provider, day } = ready;
  const page = { provider, from: day.from, to: day.to, limit: pageSize };
  // Booked before the unpaid: what the second part finds is not asked about again.
  await inPages(round, {
    read: (after: reconciliationDays.ReceiptCursor | undefined) =>
      reconciliationDays.receiptsOfDay(db, { ...page, after }),
    cursorOf: ({ receipt }) => receipt,
    ask: (booked) => askAboutBooked(round, booked),
  });
  await inPages(round, {
    read: (after: string | undefined) => reconciliationDays.unpaidOfDay(db, { ...page, after }),
    cursorOf: ({ id }) => id,
    ask: (payment) => askAboutUnpaid(round, payment),
  });
  await inPages(round, {
    read: (after: string | undefined) => reconciliationDays.refundsOfDay(db, { ...page, after }),
    cursorOf: ({ id }) => id,
    ask: (refund) => askAboutRefund(round, refund),
  });
  return conclude(round);
}

async function conclude(round: Round): Promise<AskedDay> {
  const { engine, run } = round;
  if (round.unheard > 0)
    return { kind: "not_done", why: `${round.unheard} of ${round.asked} calls were not heard: ${round.why}` };
  if (round.asked >= maximumAsked)
    return { kind: "not_done", why: `more than ${maximumAsked} payments: take the statement` };
  await openCases(engine, run);
  for (const one of round.righted) await transact(engine.db, (tx) => closeRighted(tx, one, run.id));
  const found = await reconciliationDifferences.countByKind(engine.db, run.id);
  const settled = await reconciliationDifferences.countSettled(engine.db, run.id);
  const differences = found.reduce((sum, { count }) => sum + count, 0) - settled;
  await reconciliations.beat(engine.db, run.id, { lines: round.asked, others: 0, unreadable: 0, unreadableLines: [] });
  const done = await reconciliations.finish(engine.db, run.id, {
    differences,
    repeats: 0,
    pending: 0,
    totals: await totalsOf(round),
  });
  return { kind: "done", run: done };
}

type Pages<Row, Cursor> = {
  readonly read: (after: Cursor | undefined) => Promise<readonly Row[]>;
  readonly cursorOf: (row: Row) => Cursor;
  readonly ask: (row: Row) => Promise<Told | undefined>;
};

async function inPages<Row, Cursor>(round: Round, { read, cursorOf, ask }: Pages<Row, Cursor>): Promise<void> {
  const { engine, run } = round;
  let after: Cursor | undefined;
  while (round.asked < maximumAsked && round.unheard < maximumUnheard) {
    const page = await read(after);
    for (let at = 0; at < page.length && round.unheard < maximumUnheard; at += askedAtOnce) {
      const told = await Promise.all(page.slice(at, at + askedAtOnce).map(ask));
      for (const one of told) await note(round, one);
      if (!(await reconciliations.beat(engine.db, run.id))) throw new Error(`reconciliation ${run.id} was taken over`);
      round.progress?.({
        step: "asking",
        asked: round.asked,
        of: round.asked + Math.max(0, page.length - at - askedAtOnce),
      });
      if (page.length > askedAtOnce) await sleep(pauseMs);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = cursorOf(last);
  }
}

async function note(round: Round, told: Told | undefined): Promise<void> {
  if (told === undefined) return;
  round.asked += 1;
  switch (told.kind) {
    case "unheard":
      round.unheard += 1;
      round.why = told.why;
      return;
    case "differs":
      return reconciliationDifferences.write(round.engine.db, told.difference);
    case "same": {
      const sum = round.sums.get(`${told.type}:${told.currency}`) ?? { count: 0, amount: new Decimal(0) };
      round.sums.set(`${told.type}:${told.currency}`, { count: sum.count + 1, amount: sum.amount.plus(told.amount) });
      const doubted = round.doubted.get(`${told.type}:${told.key}`);
      if (doubted !== undefined) round.righted.push(doubted);
    }
  }
}

/** Money in the book: its gateway should say the same of it. */
async function askAboutBooked(
  { engine, run }: Round,
  { receipt, payment }: reconciliationDays.BookedPayment,
): Promise<Told | undefined> {
  const asking = await askingOf(engine, payment);
  if (asking === undefined) return undefined;
  const { answer } = await callQuery(engine, asking);
  if (answer.kind === "unknown") return { kind: "unheard", why: answer.why };
  const { amount: ours, currency, transaction_id: key } = receipt;
  const difference = {
    reconciliation_id: run.id,
    type: "payment",
    key,
    out_trade_no: receipt.out_trade_no,
    transaction_id: key,
    order_id: receipt.order_id,
    payment_id: receipt.payment_id,
    ours,
    theirs: null,
    currency,
    our_status: "booked",
    their_status: null,
    asked: null,
  } as const;
  if (answer.kind === "not_found") return { kind: "differs", difference: { ...difference, kind: "missing_there" } };

  const { notice } = answer;
  const theirs = formatAmount(fromMinor(notice.amountMinor));
  const said = { ...difference, theirs, their_status: notice.rawStatus };
  if (notice.status !== "succeeded") return { kind: "differs", difference: { ...said, kind: "state" } };
  // A payment that was paid twice answers with one of its transactions; the other stands in the statement only.
  if (notice.transactionId !== key) {
    await askHowItStands(engine, asking);
    return undefined;
  }
  if (theirs !== ours || notice.currency !== currency) {
    await askHowItStands(engine, asking);
    return { kind: "differs", difference: { ...said, kind: "amount" } };
  }
  return { kind: "same", type: "payment", key, amount: ours, currency };
}

/** A started attempt without money: what its gateway took meanwhile is written by asking. */
async function askAboutUnpaid({ engine, run }: Round, payment: Payment): Promise<Told | undefined> {
  const asking = await askingOf(engine, payment);
  if (asking === undefined) return undefined;
  const said = await askHowItStands(engine, asking);
  const [booked] = await receipts.ofOutTradeNo(engine.db, {
    provider: payment.provider,
    outTradeNo: payment.out_trade_no,
  });
  if (booked === undefined) return said.kind === "open" ? { kind: "unheard", why: said.why } : undefined;
  return {
    kind: "differs",
    difference: {
      reconciliation_id: run.id,
      type: "payment",
      kind: "missing_here",
      key: booked.transaction_id,
      out_trade_no: payment.out_trade_no,
      transaction_id: booked.transaction_id,
      order_id: payment.order_id,
      payment_id: payment.id,
      ours: null,
      theirs: booked.amount,
      currency: booked.currency,
      our_status: null,
      their_status: said.kind,
      asked: "settled",
    },
  };
}

async function askAboutRefund({ engine, ready, run }: Round, refund: Refund): Promise<Told | undefined> {
  const { id, provider, transaction_id: transactionId, out_refund_no: outRefundNo, amount, currency } = refund;
  if (refund.status === "created") return undefined;
  const receipt = await receipts.read(engine.db, { provider, transactionId });
  if (receipt === undefined) throw new Error(`refund ${id} has no receipt`);
  const attempt = { outTradeNo: receipt.out_trade_no, transactionId, outRefundNo, requestedAt: refund.created_at };
  const answer = await gatewayOf(ready.account).calls.refundQuery(ready.account, attempt, engine.outside);
  if (answer.kind === "unknown") return { kind: "unheard", why: answer.why };

  const difference = {
    reconciliation_id: run.id,
    type: "refund",
    key: outRefundNo,
    out_trade_no: receipt.out_trade_no,
    transaction_id: transactionId,
    order_id: refund.order_id,
    payment_id: refund.payment_id,
    ours: amount,
    theirs: null,
    currency,
    our_status: refund.status,
    their_status: answer.kind === "found" ? answer.status : null,
    asked: null,
  } as const;
  const isDone = refund.status === "succeeded";
  if (answer.kind === "not_found") {
    return isDone ? { kind: "differs", difference: { ...difference, kind: "missing_there" } } : undefined;
  }
  const isDoneThere = answer.status === "refund_succeeded";
  if (isDone === isDoneThere)
    return isDone ? { kind: "same", type: "refund", key: outRefundNo, amount, currency } : undefined;
  if (isDone) return { kind: "differs", difference: { ...difference, kind: "state" } };
  return { kind: "differs", difference: { ...difference, kind: "state", asked: await askAnew(engine, refund) } };
}

/** The gateway says that it is done: asked in the ordinary way, it is written. */
async function askAnew(engine: Engine, { id, status }: Refund): Promise<string | null> {
  if (!isUnderWay(status) && status !== "abnormal") return null;
  await transact(engine.db, (tx) => refunds.askNow(tx, id));
  const now = await sendRefund(engine, id);
  return now === "succeeded" ? "settled" : now;
}

async function totalsOf({ engine, ready, run, sums }: Round): Promise<readonly TotalJson[]> {
  const { provider, day } = ready;
  const comparison = { reconciliationId: run.id, provider, ...day, maximumKept: 0 };
  const ours = await transact(engine.db, (tx) => reconciliationDifferences.totals(tx, comparison));
  return ours.map((total) => {
    const { count, amount } = sums.get(`${total.type}:${total.currency}`) ?? { count: 0, amount: new Decimal(0) };
    return { ...total, theirs: { count, amount: formatAmount(amount) } };
  });
}
