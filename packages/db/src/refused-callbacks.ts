import { sql } from "kysely";

import type { Db } from "./connection.ts";

/** Adds to the current minute's counts, all providers in one statement. */
export async function add(db: Db, counts: ReadonlyMap<string, number>): Promise<void> {
  if (counts.size === 0) return;
  const sorted = [...counts].toSorted(([left], [right]) => (left < right ? -1 : 1));
  await sql`
    insert into refused_callbacks as known (provider, minute, refused)
    select provider, date_trunc('minute', now()), refused
    from unnest(${sorted.map(([provider]) => provider)}::text[], ${sorted.map(([, refused]) => refused)}::int[])
      as counted (provider, refused)
    on conflict (provider, minute) do update set refused = known.refused + excluded.refused
  `.execute(db);
}

/** Refused callbacks of the last whole minutes and the current one, by provider. */
export async function since(db: Db, minutes: number): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom("refused_callbacks")
    .select((value) => ["provider", value.fn.sum<string>("refused").as("refused")])
    .where("minute", ">", sql<Date>`now() - make_interval(mins => ${minutes})`)
    .groupBy("provider")
    .orderBy("provider")
    .execute();
  return new Map(rows.map(({ provider, refused }) => [provider, Number(refused)]));
}

export async function forget(db: Db, hours: number): Promise<void> {
  await db
    .deleteFrom("refused_callbacks")
    .where("minute", "<", sql<Date>`now() - make_interval(hours => ${hours})`)
    .execute();
}
