import {
  type Reconciliation,
  reconciliationDifferences,
  reconciliations,
  statementLines,
  transact,
} from "@zhanggui/db";
import { formatAmount, fromMinor } from "@zhanggui/domain";
import { type StatementEntry, type StatementLine, StatementError } from "@zhanggui/gateways";

import type { Engine } from "./engine.ts";
import type { ReadyDay } from "./reconcile.ts";
import { openCases } from "./reconciliation-cases.ts";
import { closeRightedCases } from "./righted-cases.ts";
import { settleDifferences } from "./settle-differences.ts";

/** Lines that one statement writes. */
const linesAtOnce = 1_000;
/** Some days of the largest shop; what is longer is no day. */
const maximumLines = 10_000_000;
/** So many lines that cannot be read mean that the file is something else. */
const maximumUnreadable = 100;
const unreadableShown = 20;
/** Differences that are written down one by one; a file of another shop would have a million. */
const differencesKept = 10_000;

/** How far a reconciliation is. */
export type Progress =
  | { readonly step: "reading"; readonly lines: number }
  | { readonly step: "comparing" }
  | { readonly step: "asking"; readonly asked: number; readonly of: number };

export type StatementRun = {
  readonly ready: ReadyDay;
  readonly run: Reconciliation;
  readonly file: AsyncIterable<Uint8Array>;
  readonly progress?: ((progress: Progress) => void) | undefined;
};

/**
 * Compares a day with its statement: stages its lines, looks for differences in one query, asks the gateway about those
 * that its signed word may settle, and opens cases for what is left.
 *
 * @throws StatementError; the lines of an earlier statement are then left as they were.
 */
export async function reconcileStatement(
  engine: Engine,
  { ready, run, file, progress }: StatementRun,
): Promise<Reconciliation> {
  const { db } = engine;
  const { provider, day } = ready;
  const of = { reconciliationId: run.id, provider, day: day.day };
  const alive = () => stillOurs(engine, run.id);
  try {
    await stage(engine, { ready, run, file, progress });
  } catch (error) {
    await statementLines.drop(db, run.id, alive);
    throw error;
  }
  progress?.({ step: "comparing" });
  await statementLines.dropEarlier(db, of, alive);
  await statementLines.analyze(db);
  await alive();
  const comparison = { ...of, ...day, maximumKept: differencesKept };
  const compared = await transact(db, async (tx) => {
    const counted = await statementLines.compare(tx, comparison);
    await reconciliationDifferences.nameOrders(tx, comparison);
    return counted;
  });
  await alive();
  await settleDifferences(engine, run, progress);
  await openCases(engine, run);
  const totals = await transact(db, (tx) => reconciliationDifferences.totals(tx, comparison));
  await closeRightedCases(engine, comparison);
  const settled = await reconciliationDifferences.countSettled(db, run.id);
  const { differences, repeats, pending } = compared;
  return reconciliations.finish(db, run.id, { differences: differences - settled, repeats, pending, totals });
}

/** @throws Error when somebody else has taken the run over because we were silent for too long. */
async function stillOurs(engine: Engine, id: string): Promise<void> {
  if (!(await reconciliations.beat(engine.db, id))) throw new Error(`reconciliation ${id} was taken over`);
}

type Counts = {
  lines: number;
  others: number;
  unreadable: number;
  readonly unreadableLines: { readonly number: number; readonly why: string }[];
};

async function stage(engine: Engine, { ready, run, file, progress }: StatementRun): Promise<void> {
  const { provider, account, format, day } = ready;
  if (format === undefined) throw new StatementError("its gateway has no statements");
  const of = { reconciliationId: run.id, provider, day: day.day };
  const counts: Counts = { lines: 0, others: 0, unreadable: 0, unreadableLines: [] };
  let batch: StatementLine[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await statementLines.write(engine.db, of, batch.map(rowOf));
    batch = [];
    if (!(await reconciliations.beat(engine.db, run.id, counts)))
      throw new Error(`reconciliation ${run.id} was taken over`);
    progress?.({ step: "reading", lines: counts.lines });
  };
  for await (const entry of format.read(account, file, day.day)) {
    count(counts, entry);
    if (entry.kind !== "line") continue;
    batch.push(entry.line);
    if (batch.length >= linesAtOnce) await flush();
  }
  await flush();
}

function count(counts: Counts, entry: StatementEntry): void {
  counts.lines += 1;
  if (counts.lines > maximumLines) throw new StatementError(`the file has more than ${maximumLines} lines`);
  if (entry.kind === "other") counts.others += 1;
  if (entry.kind !== "unreadable") return;
  counts.unreadable += 1;
  const { number, why } = entry;
  if (counts.unreadableLines.length < unreadableShown) counts.unreadableLines.push({ number, why });
  if (counts.unreadable > maximumUnreadable) {
    const [first] = counts.unreadableLines;
    throw new StatementError(
      `more than ${maximumUnreadable} lines cannot be read; line ${first?.number}: ${first?.why}`,
    );
  }
}

function rowOf(line: StatementLine): statementLines.NewStatementLine {
  const { number, type, transactionId, outRefundNo, refundId, outTradeNo, currency, status, rawStatus } = line;
  return {
    number,
    type,
    key: (type === "payment" ? transactionId : (outRefundNo ?? refundId)) ?? `line ${number}`,
    outTradeNo: outTradeNo ?? null,
    transactionId: transactionId ?? null,
    refundId: refundId ?? null,
    amount: formatAmount(fromMinor(line.amountMinor)),
    fee: line.fee ?? null,
    currency,
    status,
    rawStatus,
    occurredAt: line.occurredAt ?? null,
  };
}
