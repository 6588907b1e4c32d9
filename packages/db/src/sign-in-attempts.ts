import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";

export type Attempts = { readonly attempts: number; readonly secondsLeft: number };

export type AttemptLimit = { readonly maximum: number; readonly seconds: number };

/**
 * Counts an attempt before it is tried, so that a thousand at once are not tried. Each one up to the limit starts the
 * time anew; those beyond it do not, so that nobody is shut out for ever by attempts that are refused anyway.
 */
export async function count(db: Db, key: string, { maximum, seconds }: AttemptLimit): Promise<Attempts> {
  const { rows } = await sql<{ attempts: number; seconds_left: number }>`
    insert into sign_in_attempts as known (key, attempts, ends_at)
    values (${key}, 1, now() + make_interval(secs => ${seconds}))
    on conflict (key) do update set
      attempts = case when known.ends_at <= now() then 1 else least(known.attempts + 1, ${maximum} + 1) end,
      ends_at = case when known.ends_at <= now() or known.attempts < ${maximum} then excluded.ends_at
        else known.ends_at end
    returning attempts, ceil(extract(epoch from ends_at - now()))::integer as seconds_left
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("an upsert answered no row");
  return { attempts: row.attempts, secondsLeft: row.seconds_left };
}

/** Forgets what was counted under this key. */
export async function forget(db: Db | Tx, key: string): Promise<void> {
  await db.deleteFrom("sign_in_attempts").where("key", "=", key).execute();
}

/** Takes one attempt back that was no failure. */
export async function takeBack(db: Db, key: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom("sign_in_attempts")
    .where("key", "=", key)
    .where("attempts", "<=", 1)
    .executeTakeFirst();
  if (numDeletedRows > 0n) return;
  await sql`update sign_in_attempts set attempts = attempts - 1 where key = ${key} and attempts > 1`.execute(db);
}

export async function removeEnded(db: Db): Promise<void> {
  await sql`delete from sign_in_attempts where ends_at < now()`.execute(db);
}
