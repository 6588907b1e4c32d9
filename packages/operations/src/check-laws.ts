import { isDeepStrictEqual } from "node:util";

import {
  type Db,
  type Tx,
  audit,
  exceptions,
  isDatabaseUnavailable,
  lawRuns,
  orders,
  repairs,
  transact,
} from "@zhanggui/db";
import { sql } from "kysely";

import type { Engine } from "./engine.ts";
import { newId } from "./ids.ts";
import type { Breach, Law, Reach } from "./laws/law.ts";
import { laws } from "./laws/index.ts";
import type { Plan } from "./laws/plan.ts";
import { closeRepair } from "./close-repair.ts";

/** Breaches that one run of a law looks for, and opens cases for. */
const breachesARun = 100;
/** Orders that a run over recent rows looks at, the newest; on a busier day the night's run sees the others. */
const ordersARun = 50_000;
/** Known breaches of a law that a run looks at again. */
const knownARun = 1_000;
const timeoutMs = { all: 300_000, recent: 20_000 } as const;

/** A breach that is kept, with its plan. */
export type KeptBreach = Breach & {
  readonly repairId: string;
  readonly exceptionId: string;
  readonly plan: Plan;
  /** A person has closed its case while it is as it is: it is told, and no longer counts. */
  readonly accepted: boolean;
};

export type CheckedLaw = {
  readonly name: string;
  readonly holds: boolean;
  /** A sentence for a person. */
  readonly says: string;
  readonly breaches: readonly KeptBreach[];
  /** Whether there are most likely more than were looked for. */
  readonly more: boolean;
  readonly ms: number;
};

export type CheckLaws = {
  readonly reach: { readonly kind: "all" } | { readonly kind: "recent"; readonly seconds: number };
  /** Only this one; unset for all of them, or all that are looked after often. */
  readonly law?: Law | undefined;
};

/**
 * Checks laws against the rows, each in a transaction of its own that reads one moment and writes nothing. A breach that
 * is new opens one case with its plan; a case whose law holds again is closed. A law that cannot be checked does not keep
 * the others from their turn.
 */
export async function checkLaws(
  engine: Pick<Engine, "db" | "wake" | "log">,
  asked: CheckLaws,
): Promise<readonly CheckedLaw[]> {
  const { law: only } = asked;
  const reach = await reachOf(engine.db, asked.reach);
  const wanted = only === undefined ? laws.filter(({ often }) => often || reach.kind === "all") : [only];
  const checked: CheckedLaw[] = [];
  for (const law of wanted) checked.push(await checkLaw(engine, law, reach));
  return checked;
}

type RunReach = Extract<Reach, { kind: "all" | "recent" }>;

async function reachOf(db: Db, reach: CheckLaws["reach"]): Promise<RunReach> {
  if (reach.kind === "all") return reach;
  return { ...reach, orderIds: await audit.touchedOrders(db, { seconds: reach.seconds, limit: ordersARun }) };
}

async function checkLaw(engine: Pick<Engine, "db" | "wake" | "log">, law: Law, reach: RunReach): Promise<CheckedLaw> {
  const began = performance.now();
  const { name } = law;
  const run = await findAndKeep(engine, law, reach).catch((error: unknown) => {
    if (isDatabaseUnavailable(error)) throw error;
    engine.log.error({ law: name, err: error }, "a law could not be checked");
    return { failed: error instanceof Error ? error.message : String(error) };
  });
  const ms = Math.round(performance.now() - began);
  const checked: CheckedLaw =
    "failed" in run
      ? { name, holds: false, says: `could not be checked: ${run.failed}`, breaches: [], more: false, ms }
      : { name, ...run, ms };
  const { holds, says, breaches } = checked;
  const count = breaches.filter(({ accepted }) => !accepted).length;
  await lawRuns.note(engine.db, { law: name, holds, says, ms, breaches: count, full: reach.kind === "all" });
  return checked;
}

async function findAndKeep({ db, wake }: Pick<Engine, "db" | "wake">, law: Law, reach: RunReach) {
  const found = await findIn(db, law, { wake, reach });
  const breaches: KeptBreach[] = [];
  for (const breach of found) {
    const kept = await transact(db, (tx) => keep(tx, wake, law, breach));
    if (kept !== undefined) breaches.push(kept);
  }
  const more = found.length >= breachesARun;
  const other = await lookAgain({ db, wake }, law, new Set(found.map(({ key }) => key)));
  const standing = [...breaches, ...other];
  const waiting = standing.filter(({ accepted }) => !accepted).length;
  const accepted = standing.length - waiting;
  return {
    holds: waiting === 0,
    breaches: standing,
    more,
    says:
      waiting === 0
        ? `${law.says.en}${accepted === 0 ? "" : `; ${accepted} accepted by a person`}`
        : `broken by ${more ? "at least " : ""}${waiting}: ${law.says.en}`,
  };
}

function findIn(
  db: Db,
  law: Law,
  { wake, reach }: { readonly wake: Engine["wake"]; readonly reach: RunReach },
): Promise<readonly Breach[]> {
  return db
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute(async (tx) => {
      await sql`select set_config('statement_timeout', ${String(timeoutMs[reach.kind])}, true)`.execute(tx);
      return law.find({ db: tx, wake }, { reach, limit: breachesARun });
    });
}

/**
 * Keeps a breach that is still one under its order's lock: in one repair and one case, however often it is found. One
 * whose case a person has closed stays accepted until its rows move.
 */
async function keep(tx: Tx, wake: Engine["wake"], law: Law, found: Breach): Promise<KeptBreach | undefined> {
  const { key } = found;
  if (found.orderId !== null) await orders.lock(tx, found.orderId);
  await repairs.lockRow(tx, { law: law.name, key });
  const [breach] = await law.find({ db: tx, wake }, { reach: { kind: "one", key }, limit: 1 });
  if (breach === undefined) return undefined;

  const known = await repairs.ofRow(tx, { law: law.name, key });
  if (known === undefined) return open(tx, law, breach);
  const { id: repairId, exception_id: exceptionId } = known;
  const plan = law.plan(breach, repairId);
  if (isDeepStrictEqual(known.facts, breach.facts) && isDeepStrictEqual(known.plan, plan)) {
    return { ...breach, repairId, exceptionId, plan, accepted: !known.waits };
  }
  if (!known.waits) {
    await repairs.end(tx, repairId, "superseded");
    return open(tx, law, breach);
  }
  await repairs.replan(tx, repairId, { facts: breach.facts, plan });
  return { ...breach, repairId, exceptionId, plan, accepted: false };
}

async function open(tx: Tx, law: Law, breach: Breach): Promise<KeptBreach> {
  const repairId = newId("rep");
  const exceptionId = newId("exc");
  const { key, orderId, paymentId, facts } = breach;
  const plan = law.plan(breach, repairId);
  await exceptions.open(tx, {
    id: exceptionId,
    subject: subjectOf(law.name, key, repairId),
    kind: "invariant_broken",
    orderId: orderId ?? undefined,
    paymentId: paymentId ?? undefined,
    callbackId: undefined,
    evidence: repairId,
    amount: undefined,
    detail: JSON.stringify({ law: law.name, key, says: law.says.en, repair: repairId, plan: plan.explanation, facts }),
  });
  await repairs.add(tx, {
    id: repairId,
    law: law.name,
    key,
    order_id: orderId,
    exception_id: exceptionId,
    facts,
    plan,
  });
  await audit.write(tx, [
    {
      actor: "system:laws",
      action: "exception.open",
      entity: "exception",
      entityId: exceptionId,
      orderId: orderId ?? undefined,
      after: { kind: "invariant_broken", law: law.name, key },
      evidence: repairId,
    },
  ]);
  return { ...breach, repairId, exceptionId, plan, accepted: false };
}

/** The repair's id keeps a breach that comes back apart from the one that was mended. */
function subjectOf(law: string, key: string, repairId: string): string {
  return `law:${law}:${key}:${repairId}`;
}

/** Breaches known from earlier runs: what holds again is closed, what does not is told. */
async function lookAgain(
  { db, wake }: Pick<Engine, "db" | "wake">,
  law: Law,
  found: ReadonlySet<string>,
): Promise<readonly KeptBreach[]> {
  const known = await repairs.open(db, { law: law.name, limit: knownARun });
  const standing: KeptBreach[] = [];
  for (const { id, key, order_id: orderId } of known.filter((one) => !found.has(one.key))) {
    const kept = await transact(db, async (tx) => {
      const breach = await keep(tx, wake, law, { key, orderId, paymentId: null, facts: {} });
      if (breach === undefined) await closeRepair(tx, id, { actor: "system:laws", reason: "the law holds again" });
      return breach;
    });
    if (kept !== undefined) standing.push(kept);
  }
  return standing;
}
