import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { AlertContentJson, AlertMessage } from "./schema.ts";

/** Writes down what a receiver is to be told, in place of what it was not told yet. */
export async function add(
  tx: Tx,
  { id, channel, content }: { readonly id: string; readonly channel: string; readonly content: AlertContentJson },
): Promise<void> {
  await tx
    .updateTable("alert_messages")
    .set({ state: "superseded", ended_at: sql<Date>`now()` })
    .where("alert_key", "=", content.key)
    .where("channel", "=", channel)
    .where("state", "=", "waiting")
    .execute();
  await tx
    .insertInto("alert_messages")
    .values({ id, alert_key: content.key, channel, content: JSON.stringify(content) })
    .execute();
}

export type Claim = {
  readonly channels: readonly string[];
  /** Nobody else takes them up for so long: longer than sending takes. */
  readonly leaseSeconds: number;
  readonly limit: number;
};

/** Messages whose time has come, oldest first, counted as tried. Of workers that ask at once each gets others. */
export async function claim(db: Db, { channels, leaseSeconds, limit }: Claim): Promise<AlertMessage[]> {
  if (channels.length === 0) return [];
  const claimed = await db
    .updateTable("alert_messages")
    .set({
      attempts: sql<number>`attempts + 1`,
      next_try_at: sql<Date>`now() + make_interval(secs => ${leaseSeconds})`,
    })
    .where("id", "in", (due) =>
      due
        .selectFrom("alert_messages")
        .select("id")
        .where("state", "=", "waiting")
        .where("next_try_at", "<=", sql<Date>`now()`)
        .where("channel", "in", channels)
        .orderBy("next_try_at")
        .orderBy("id")
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .execute();
  return claimed.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

/** The receiver has taken it. One that was superseded meanwhile stays so. */
export async function noteSent(db: Db, id: string, answer: string): Promise<void> {
  await end(db, { id, state: "sent", answer });
}

/** It was not taken: it is tried again after a pause, or no more. */
export async function noteFailure(
  db: Db,
  { id, answer, pauseSeconds }: { readonly id: string; readonly answer: string; readonly pauseSeconds?: number },
): Promise<void> {
  if (pauseSeconds === undefined) return end(db, { id, state: "failed", answer });
  await db
    .updateTable("alert_messages")
    .set({ answer, next_try_at: sql<Date>`now() + make_interval(secs => ${pauseSeconds})` })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .execute();
}

async function end(
  db: Db,
  { id, state, answer }: { readonly id: string; readonly state: "sent" | "failed"; readonly answer: string },
): Promise<void> {
  await db
    .updateTable("alert_messages")
    .set({ state, answer, ended_at: sql<Date>`now()` })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .execute();
}

/** The newest messages of some alerts, newest first, at most so many of each. */
export async function ofAlerts(db: Db, keys: readonly string[], limitEach: number): Promise<AlertMessage[]> {
  if (keys.length === 0) return [];
  const { rows } = await sql<AlertMessage>`
    select message.* from unnest(${[...keys]}::text[]) as wanted (key)
    cross join lateral (
      select * from alert_messages where alert_key = wanted.key order by created_at desc, id desc limit ${limitEach}
    ) as message
  `.execute(db);
  return rows;
}

/** Old messages are of no use, those of receivers that were taken out among them. */
export async function forget(
  db: Db,
  { days, limit }: { readonly days: number; readonly limit: number },
): Promise<void> {
  await db
    .deleteFrom("alert_messages")
    .where("id", "in", (old) =>
      old
        .selectFrom("alert_messages")
        .select("id")
        .where("created_at", "<", sql<Date>`now() - make_interval(days => ${days})`)
        .orderBy("created_at")
        .limit(limit),
    )
    .execute();
}

/** Messages of the last days by what became of them. */
export async function countByState(db: Db): Promise<ReadonlyMap<AlertMessage["state"], number>> {
  const rows = await db
    .selectFrom("alert_messages")
    .select((value) => ["state", value.fn.countAll<string>().as("messages")])
    .groupBy("state")
    .execute();
  return new Map(rows.map(({ state, messages }) => [state, Number(messages)]));
}
