import { sql } from "kysely";

import type { Db } from "./connection.ts";
import type { LawRun } from "./schema.ts";

export type NewLawRun = Pick<LawRun, "law" | "holds" | "breaches" | "says" | "ms"> & {
  /** Whether it looked at all rows. */
  readonly full: boolean;
};

/** Keeps how a law's run went, in place of the run before. */
export async function note(db: Db, { full, ...run }: NewLawRun): Promise<void> {
  const at = sql<Date>`clock_timestamp()`;
  const fullAt = full ? at : null;
  await db
    .insertInto("law_runs")
    .values({ ...run, ran_at: at, full_at: fullAt })
    .onConflict((conflict) =>
      conflict.column("law").doUpdateSet((row) => ({
        holds: run.holds,
        breaches: run.breaches,
        says: run.says,
        ms: run.ms,
        ran_at: at,
        full_at: full ? at : row.ref("law_runs.full_at"),
      })),
    )
    .execute();
}

export function all(db: Db): Promise<LawRun[]> {
  return db.selectFrom("law_runs").selectAll().orderBy("law").execute();
}
