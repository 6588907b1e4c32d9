import type { AlertFinding, AlertKind, AlertState, ToldAlert } from "@zhanggui/domain";
import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { Alert } from "./schema.ts";

/** The row of the pool's duty `name` is the lock of those who evaluate: one after the other. */
export async function takeTurn(tx: Tx, name: string): Promise<void> {
  await tx.selectFrom("duties").select("name").where("name", "=", name).forUpdate().execute();
}

/** Every alert that fires, as it was last told, by key. */
export async function told(tx: Tx): Promise<ReadonlyMap<string, ToldAlert>> {
  const rows = await tx
    .selectFrom("alerts")
    .select(["key", "state", "severity", "mark", "acknowledged_by"])
    .select(sql<string>`extract(epoch from now() - last_sent_at)`.as("seconds"))
    .where("state", "=", "firing")
    .orderBy("key")
    .forUpdate()
    .execute();
  return new Map(
    rows.map(({ key, seconds, acknowledged_by, ...row }) => [
      key,
      { ...row, toldSecondsAgo: Number(seconds), isAcknowledged: acknowledged_by !== null },
    ]),
  );
}

/** It begins, perhaps not for the first time; nobody has acknowledged it yet. */
export function begin(tx: Tx, { key, kind, severity, facts, path, mark }: AlertFinding): Promise<Alert> {
  const found = { severity, facts: JSON.stringify(facts), path, mark: mark ?? null };
  return tx
    .insertInto("alerts")
    .values({ key, kind, state: "firing", ...found })
    .onConflict((conflict) =>
      conflict.column("key").doUpdateSet((row) => ({
        ...found,
        state: "firing",
        count: sql<number>`${row.ref("alerts.count")} + 1`,
        first_at: sql<Date>`now()`,
        last_at: sql<Date>`now()`,
        last_sent_at: sql<Date>`now()`,
        resolved_at: null,
        acknowledged_by: null,
        acknowledged_at: null,
        acknowledge_reason: null,
      })),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** It was found once more. What the last message told of is kept until there is another one. */
export async function foundAgain(tx: Tx, { key, facts }: AlertFinding): Promise<void> {
  await tx
    .updateTable("alerts")
    .set({ facts: JSON.stringify(facts), last_at: sql<Date>`now()` })
    .where("key", "=", key)
    .execute();
}

/** It was found once more, and people are told again. */
export function tellAgain(tx: Tx, { key, severity, facts, path, mark }: AlertFinding): Promise<Alert> {
  return tx
    .updateTable("alerts")
    .set({
      severity,
      facts: JSON.stringify(facts),
      path,
      mark: mark ?? null,
      last_at: sql<Date>`now()`,
      last_sent_at: sql<Date>`now()`,
    })
    .where("key", "=", key)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export type Quiet = {
  /** The kinds that were looked for; of the others nobody knows. */
  readonly kinds: readonly AlertKind[];
  /** What comes and goes within this is one alert, not many. */
  readonly quietSeconds: number;
};

/** Alerts that were not found for a while are over. Answers those. */
export function endQuiet(tx: Tx, { kinds, quietSeconds }: Quiet): Promise<Alert[]> {
  return tx
    .updateTable("alerts")
    .set({ state: "resolved", resolved_at: sql<Date>`now()`, last_sent_at: sql<Date>`now()` })
    .where("state", "=", "firing")
    .where("kind", "in", kinds)
    .where("last_at", "<", sql<Date>`now() - make_interval(secs => ${quietSeconds})`)
    .returningAll()
    .execute();
}

/** Alerts that have been over for long, and about which no message is kept. */
export async function forget(db: Db, days: number): Promise<void> {
  await db
    .deleteFrom("alerts")
    .where("resolved_at", "<", sql<Date>`now() - make_interval(days => ${days})`)
    .where((value) =>
      value.not(value.exists(value.selectFrom("alert_messages").select("id").whereRef("alert_key", "=", "alerts.key"))),
    )
    .execute();
}

export type AlertFilter = { readonly state?: AlertState | undefined; readonly limit: number };

/** Those that fire first, then the newest. */
export function page(db: Db, { state, limit }: AlertFilter): Promise<Alert[]> {
  return db
    .selectFrom("alerts")
    .selectAll()
    .$if(state !== undefined, (query) => query.where("state", "=", state ?? "firing"))
    .orderBy("state")
    .orderBy("last_at", "desc")
    .orderBy("key")
    .limit(limit)
    .execute();
}

export function lock(tx: Tx, key: string): Promise<Alert | undefined> {
  return tx.selectFrom("alerts").selectAll().where("key", "=", key).forUpdate().executeTakeFirst();
}

export type Acknowledgement = { readonly by: string; readonly reason: string };

export function acknowledge(tx: Tx, key: string, { by, reason }: Acknowledgement): Promise<Alert> {
  return tx
    .updateTable("alerts")
    .set({ acknowledged_by: by, acknowledged_at: sql<Date>`now()`, acknowledge_reason: reason })
    .where("key", "=", key)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export type FiringCount = Pick<Alert, "kind" | "severity"> & { readonly count: number };

export async function countFiring(db: Db): Promise<FiringCount[]> {
  const rows = await db
    .selectFrom("alerts")
    .select((value) => ["kind", "severity", value.fn.countAll<string>().as("alerts")])
    .where("state", "=", "firing")
    .groupBy(["kind", "severity"])
    .execute();
  return rows.map(({ kind, severity, alerts }) => ({ kind, severity, count: Number(alerts) }));
}
