import {
  type Reconciliation,
  audit,
  duties,
  exceptions,
  reconciliationDifferences,
  reconciliations,
  statementLines,
  transact,
} from "@zhanggui/db";
import { gatewayOf } from "@zhanggui/gateways";
import { Fault } from "@zhanggui/domain";

import { isCallable } from "./call-gateway.ts";
import type { Engine } from "./engine.ts";
import { newId } from "./ids.ts";
import { type ReadyDay, type Reconciled, carryOut, readyDay } from "./reconcile.ts";
import { dayBefore } from "./statement-day.ts";

/** Who asks for the daily ones. */
const actor = "system:reconciliation";
/** Gateways in China have yesterday's statement from about ten o'clock: WeChat Pay documents 10:00, Alipay the same. */
const plannedAt = { hour: 10, minute: 30 } as const;
const shanghaiOffsetMs = 8 * 60 * 60 * 1000;
const dayMs = 24 * 60 * 60 * 1000;
/** Days that are made up for after all workers were down. */
const daysBack = 3;
const planEverySeconds = 60;
/** A statement that is not there is asked for again every hour, for half a day. */
const retrySeconds = 3_600;
const maximumTries = 12;
/** Lines of older days are compared with nothing any more. */
const linesKeptDays = 35;

/**
 * Sees to it that every callable account's yesterday is reconciled once, from half past ten in Shanghai on. Called as
 * often as anybody likes: what is planned stands in Postgres.
 */
export async function planReconciliations(engine: Engine): Promise<number> {
  const { db, outside } = engine;
  if (!(await duties.claim(db, "plan reconciliations", planEverySeconds))) return 0;
  const now = outside.now();
  const shanghai = new Date(now.getTime() + shanghaiOffsetMs);
  const minutes = shanghai.getUTCHours() * 60 + shanghai.getUTCMinutes();
  if (minutes < plannedAt.hour * 60 + plannedAt.minute) return 0;

  let planned = 0;
  for (const [provider, account] of engine.providers) {
    const format = gatewayOf(account).statementFormat;
    if (format === undefined || !isCallable(engine, provider)) continue;
    for (let back = 0; back < daysBack; back += 1) {
      const day = dayBefore(new Date(now.getTime() - back * dayMs), format);
      if ((await reconciliations.unplanned(db, [provider], day, actor)).length === 0) continue;
      const asked = {
        id: newId("rec"),
        provider,
        day,
        source: "downloaded",
        askedBy: actor,
        reason: undefined,
      } as const;
      await transact(db, (tx) => reconciliations.ask(tx, asked));
      planned += 1;
    }
  }
  await statementLines.dropOld(db, linesKeptDays);
  return planned;
}

/** Carries out the reconciliation that has waited longest; `undefined` when none is due. Answers its row afterwards. */
export async function reconcileDue(engine: Engine): Promise<Reconciliation | undefined> {
  const { db, log } = engine;
  const run = await reconciliations.claimDue(db);
  if (run === undefined) return undefined;
  const reconciled = await attempt(engine, run);
  const { provider, day } = run;
  if (reconciled.kind === "done") {
    const { state, lines, differences, unreadable } = reconciled.run;
    const facts = { provider, day, state, lines, differences, unreadable };
    if (state === "matched") log.info(facts, "reconciled");
    else log.warn(facts, "the statement and the book differ");
    await closeStatementCase(engine, run);
    return reconciled.run;
  }
  const { why, isFinal } = reconciled;
  if (!isFinal && run.tries < maximumTries) {
    log.warn({ provider, day, why, tries: run.tries }, "could not be reconciled yet");
    return reconciliations.putOff(db, run.id, { seconds: retrySeconds, why });
  }
  return giveUp(engine, run, reconciled);
}

async function attempt(engine: Engine, run: Reconciliation): Promise<Reconciled> {
  const { provider, day: date, source } = run;
  let ready: ReadyDay;
  try {
    ready = readyDay(engine, { provider, date, source });
  } catch (error) {
    // Its account may come back into the providers.
    if (error instanceof Fault) return { kind: "not_done", run, why: error.code, isFinal: false };
    throw error;
  }
  return carryOut(engine, { ready, run });
}

/** A day without a statement: WeChat Pay has none when nothing happened, which is right if our book has nothing either. */
async function giveUp(
  engine: Engine,
  run: Reconciliation,
  { why }: Extract<Reconciled, { readonly kind: "not_done" }>,
): Promise<Reconciliation> {
  const { db, log } = engine;
  const { id, provider, day } = run;
  if (why.startsWith("not ready") && (await isEmpty(engine, run))) {
    return reconciliations.finish(db, id, { differences: 0, repeats: 0, pending: 0, totals: [] });
  }
  log.error({ provider, day, why }, "the day could not be reconciled");
  await transact(db, async (tx) => {
    const exceptionId = newId("exc");
    const isNew = await exceptions.open(tx, {
      id: exceptionId,
      subject: subjectOf(run),
      kind: "gateway_unreachable",
      orderId: undefined,
      paymentId: undefined,
      callbackId: undefined,
      evidence: id,
      amount: undefined,
      detail: JSON.stringify({ reconciliation: id, provider, day, why }),
    });
    if (!isNew) return;
    await audit.write(tx, [
      {
        actor,
        action: "exception.open",
        entity: "exception",
        entityId: exceptionId,
        after: { kind: "gateway_unreachable" },
        evidence: id,
      },
    ]);
  });
  return reconciliations.fail(db, id, why);
}

async function isEmpty(engine: Engine, run: Reconciliation): Promise<boolean> {
  const { provider, day: date } = run;
  const { day } = readyDay(engine, { provider, date, source: run.source });
  const comparison = { reconciliationId: run.id, provider, ...day, maximumKept: 0 };
  return (await transact(engine.db, (tx) => reconciliationDifferences.totals(tx, comparison))).length === 0;
}

async function closeStatementCase({ db }: Engine, run: Reconciliation): Promise<void> {
  await transact(db, async (tx) => {
    const closed = await exceptions.settleBySubject(tx, { kind: "gateway_unreachable", subject: subjectOf(run) });
    if (closed === undefined) return;
    await audit.write(tx, [
      {
        actor,
        action: "exception.resolve",
        entity: "exception",
        entityId: closed,
        before: { state: "open" },
        after: { state: "resolved" },
        reason: "the day was reconciled",
        evidence: run.id,
      },
    ]);
  });
}

function subjectOf({ provider, day }: Pick<Reconciliation, "provider" | "day">): string {
  return `statement:${provider}:${day}`;
}
