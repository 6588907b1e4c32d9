import { sql } from "kysely";

import type { Db } from "./connection.ts";

/**
 * Claims a duty of the whole pool, unless somebody did it within the last `everySeconds`. One row and one statement, so
 * of many workers that ask at once exactly one gets it.
 */
export async function claim(db: Db, name: string, everySeconds: number): Promise<boolean> {
  const claimed = await db
    .insertInto("duties")
    .values({ name, done_at: sql`now()` })
    .onConflict((conflict) =>
      conflict
        .column("name")
        .doUpdateSet({ done_at: sql`now()` })
        .where("duties.done_at", "<=", sql<Date>`now() - make_interval(secs => ${everySeconds})`),
    )
    .returning("name")
    .executeTakeFirst();
  return claimed !== undefined;
}
