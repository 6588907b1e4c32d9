import { type ExpressionBuilder, type UpdateObject, sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import { isUniqueViolation } from "./errors.ts";
import type {
  Reconciliation,
  ReconciliationSource,
  ReconciliationState,
  Tables,
  UnreadableLineJson,
} from "./schema.ts";

/** Whoever runs a reconciliation says so more often than this; without it, somebody else may. */
const heartbeatSeconds = 120;

export type NewReconciliation = {
  readonly id: string;
  readonly provider: string;
  /** `yyyy-mm-dd` of the gateway's own day. */
  readonly day: string;
  readonly source: ReconciliationSource;
  readonly askedBy: string;
  readonly reason: string | undefined;
};

/** Writes down that a day is to be reconciled, by whichever worker is free first. */
export function ask(
  tx: Tx,
  { id, provider, day, source, askedBy, reason }: NewReconciliation,
): Promise<Reconciliation> {
  return tx
    .insertInto("reconciliations")
    .values({
      id,
      provider,
      day,
      source,
      state: "waiting",
      asked_by: askedBy,
      reason: reason ?? null,
      next_try_at: sql<Date>`now()`,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Begins a reconciliation at once; `undefined` while the same day is being reconciled by somebody else. */
export async function begin(
  db: Db,
  { id, provider, day, source, askedBy, reason }: NewReconciliation,
): Promise<Reconciliation | undefined> {
  await takeUpStale(db);
  return unlessRunning(
    db
      .insertInto("reconciliations")
      .values({
        id,
        provider,
        day,
        source,
        state: "running",
        asked_by: askedBy,
        reason: reason ?? null,
        started_at: sql<Date>`now()`,
        heartbeat_at: sql<Date>`now()`,
      })
      .returningAll()
      .executeTakeFirst(),
  );
}

/** Begins the reconciliation that has waited longest, if its time has come: of many workers exactly one gets it. */
export async function claimDue(db: Db): Promise<Reconciliation | undefined> {
  await takeUpStale(db);
  return unlessRunning(
    db
      .updateTable("reconciliations")
      .set({
        state: "running",
        next_try_at: null,
        tries: sql`tries + 1`,
        started_at: sql<Date>`coalesce(started_at, now())`,
        heartbeat_at: sql<Date>`now()`,
      })
      .where("id", "=", (one) =>
        one
          .selectFrom("reconciliations as due")
          .select("due.id")
          .where("due.state", "=", "waiting")
          .where("due.next_try_at", "<=", sql<Date>`now()`)
          .where(
            sql<boolean>`not exists (select from reconciliations as other
              where other.provider = due.provider and other.day = due.day and other.state = 'running')`,
          )
          .orderBy("due.next_try_at")
          .limit(1)
          .forUpdate()
          .skipLocked(),
      )
      .returningAll()
      .executeTakeFirst(),
  );
}

async function unlessRunning(begun: Promise<Reconciliation | undefined>): Promise<Reconciliation | undefined> {
  try {
    return await begun;
  } catch (error) {
    if (isUniqueViolation(error, "reconciliations_running")) return undefined;
    throw error;
  }
}

/** What a worker began and left goes back; what a person began and left has failed. */
async function takeUpStale(db: Db): Promise<void> {
  const wasClaimed = sql<boolean>`tries > 0`;
  await db
    .updateTable("reconciliations")
    .set({
      state: sql<ReconciliationState>`case when ${wasClaimed} then 'waiting' else 'failed' end`,
      next_try_at: sql<Date>`case when ${wasClaimed} then now() end`,
      finished_at: sql<Date>`case when ${wasClaimed} then null else now() end`,
      error: "whoever ran it has stopped",
    })
    .where("state", "=", "running")
    .where("heartbeat_at", "<", sql<Date>`now() - make_interval(secs => ${heartbeatSeconds})`)
    .execute();
}

/** How far the reading of a statement is. */
export type Counted = {
  readonly lines: number;
  readonly others: number;
  readonly unreadable: number;
  readonly unreadableLines: readonly UnreadableLineJson[];
};

/** Says that a reconciliation is alive. Answers whether it still is ours to run. */
export async function beat(db: Db, id: string, counted?: Counted): Promise<boolean> {
  const alive = await db
    .updateTable("reconciliations")
    .set({
      heartbeat_at: sql<Date>`now()`,
      ...(counted === undefined
        ? {}
        : {
            lines: counted.lines,
            others: counted.others,
            unreadable: counted.unreadable,
            unreadable_lines: JSON.stringify(counted.unreadableLines),
          }),
    })
    .where("id", "=", id)
    .where("state", "=", "running")
    .returning("id")
    .executeTakeFirst();
  return alive !== undefined;
}

/** Tries it again later. */
export function putOff(
  db: Db,
  id: string,
  { seconds, why }: { readonly seconds: number; readonly why: string },
): Promise<Reconciliation> {
  return ending(db, id, {
    state: "waiting",
    next_try_at: sql<Date>`now() + make_interval(secs => ${seconds})`,
    error: why,
  });
}

export function fail(db: Db, id: string, why: string): Promise<Reconciliation> {
  return ending(db, id, { state: "failed", finished_at: sql<Date>`now()`, error: why });
}

export type Outcome = {
  readonly differences: number;
  readonly repeats: number;
  readonly pending: number;
  readonly totals: Reconciliation["totals"];
};

/** It is done. A line that could not be read is a difference nobody can name. */
export function finish(
  db: Db,
  id: string,
  { differences, repeats, pending, totals }: Outcome,
): Promise<Reconciliation> {
  return ending(db, id, {
    state: sql<ReconciliationState>`case when ${differences}::int = 0 and unreadable = 0 then 'matched' else 'differences' end`,
    finished_at: sql<Date>`now()`,
    differences,
    repeats,
    pending,
    totals: JSON.stringify(totals),
    error: null,
  });
}

type Ending = UpdateObject<Tables, "reconciliations">;

function ending(db: Db, id: string, values: Ending): Promise<Reconciliation> {
  return db
    .updateTable("reconciliations")
    .set(values)
    .where("id", "=", id)
    .where("state", "=", "running")
    .returningAll()
    .executeTakeFirstOrThrow(() => new Error(`reconciliation ${id} is not running any more`));
}

export function find(db: Db, id: string): Promise<Reconciliation | undefined> {
  return db.selectFrom("reconciliations").selectAll().where("id", "=", id).executeTakeFirst();
}

export type ReconciliationFilter = {
  readonly provider?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
};

/** Newest first. */
export function page(db: Db, { provider, cursor, limit }: ReconciliationFilter): Promise<Reconciliation[]> {
  return db
    .selectFrom("reconciliations")
    .selectAll()
    .$if(provider !== undefined, (query) => query.where("provider", "=", provider ?? ""))
    .$if(cursor !== undefined, (query) => query.where("id", "<", cursor ?? ""))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}

/** Which of some providers nobody has reconciled a day of by its statement, nor tries to, nor has tried often enough. */
export async function unplanned(db: Db, providers: readonly string[], day: string, askedBy: string): Promise<string[]> {
  if (providers.length === 0) return [];
  const rows = await db
    .selectFrom("reconciliations")
    .select("provider")
    .distinct()
    .where("provider", "in", [...providers])
    .where("day", "=", day)
    .where("source", "<>", "query")
    .where((row: ExpressionBuilder<Tables, "reconciliations">) =>
      row.or([row("state", "<>", "failed"), row("asked_by", "=", askedBy)]),
    )
    .execute();
  const planned = new Set(rows.map(({ provider }) => provider));
  return providers.filter((provider) => !planned.has(provider));
}

/** When each provider's book was last compared with a statement to the end, and with how many differences. */
export type LastComparison = { readonly provider: string; readonly finishedAt: Date; readonly differences: number };

export async function lastComparisons(db: Db): Promise<LastComparison[]> {
  const rows = await db
    .selectFrom("reconciliations")
    .distinctOn("provider")
    .select(["provider", "finished_at", sql<number>`differences + unreadable`.as("differences")])
    .where("source", "<>", "query")
    .where("state", "in", ["matched", "differences"])
    .orderBy("provider")
    .orderBy("finished_at", "desc")
    .execute();
  return rows.flatMap(({ provider, finished_at: finishedAt, differences }) =>
    finishedAt === null ? [] : [{ provider, finishedAt, differences }],
  );
}
