import type { Db, Tx } from "./connection.ts";
import type { OperatorSession } from "./schema.ts";

const maximumListed = 100;

/** The sessions that are still open, newest first. */
export function listOpen(db: Db, operatorId: string): Promise<OperatorSession[]> {
  return db
    .selectFrom("operator_sessions")
    .selectAll()
    .where("user_id", "=", operatorId)
    .where((row) => row("expires_at", ">", row.fn<Date>("now")))
    .orderBy("created_at", "desc")
    .limit(maximumListed)
    .execute();
}

/** Ends one of the operator's sessions; false when it is not there. */
export async function end(db: Db, operatorId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom("operator_sessions")
    .where("user_id", "=", operatorId)
    .where("id", "=", id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function endAll(tx: Tx, operatorId: string): Promise<void> {
  await tx.deleteFrom("operator_sessions").where("user_id", "=", operatorId).execute();
}

/** Forgets what nobody can use any more: sessions that were never signed out of, second factors never given. */
export async function removeExpired(db: Db): Promise<void> {
  for (const table of ["operator_sessions", "operator_verifications"] as const) {
    await db
      .deleteFrom(table)
      .where((row) => row("expires_at", "<", row.fn<Date>("now")))
      .execute();
  }
}
