import { Fault } from "@zhanggui/domain";
import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { Repair } from "./schema.ts";

export type NewRepair = Pick<Repair, "id" | "law" | "key" | "order_id" | "exception_id"> & {
  readonly facts: unknown;
  readonly plan: unknown;
};

/** Keeps a breach with its plan. The caller holds its row. */
export async function add(tx: Tx, { facts, plan, ...repair }: NewRepair): Promise<void> {
  await tx
    .insertInto("repairs")
    .values({ ...repair, facts: JSON.stringify(facts), plan: JSON.stringify(plan) })
    .execute();
}

export function find(db: Db, id: string): Promise<Repair | undefined> {
  return db.selectFrom("repairs").selectAll().where("id", "=", id).executeTakeFirst();
}

/** After the rows that its plan changes: two people who apply one plan at once act one after the other. */
export function lock(tx: Tx, id: string): Promise<Repair | undefined> {
  return tx.selectFrom("repairs").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
}

/** Of two runs that find the same breach at once, one keeps it and the other finds it kept. */
export async function lockRow(tx: Tx, { law, key }: { readonly law: string; readonly key: string }): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`law:${law}:${key}`}, 0))`.execute(tx);
}

/** A breach that was found and not mended, and whether its case still waits for somebody. */
export type OpenRepair = Repair & { readonly waits: boolean };

/** Oldest first. */
export function open(
  db: Db,
  { law, limit }: { readonly law?: string | undefined; readonly limit: number },
): Promise<OpenRepair[]> {
  return db
    .selectFrom("repairs")
    .innerJoin("exceptions", "exceptions.id", "repairs.exception_id")
    .selectAll("repairs")
    .select(sql<boolean>`exceptions.state = 'open'`.as("waits"))
    .where("repairs.ended_at", "is", null)
    .$if(law !== undefined, (query) => query.where("repairs.law", "=", law ?? ""))
    .orderBy("repairs.id")
    .limit(limit)
    .execute();
}

/** The breach of a law by one row, if it is known and not mended. */
export function ofRow(
  db: Db,
  { law, key }: { readonly law: string; readonly key: string },
): Promise<OpenRepair | undefined> {
  return db
    .selectFrom("repairs")
    .innerJoin("exceptions", "exceptions.id", "repairs.exception_id")
    .selectAll("repairs")
    .select(sql<boolean>`exceptions.state = 'open'`.as("waits"))
    .where("repairs.law", "=", law)
    .where("repairs.key", "=", key)
    .where("repairs.ended_at", "is", null)
    .executeTakeFirst();
}

/** The breach is the same, its rows have moved: so has its plan. */
export async function replan(
  tx: Tx,
  id: string,
  { facts, plan }: { readonly facts: unknown; readonly plan: unknown },
): Promise<void> {
  await tx
    .updateTable("repairs")
    .set({ facts: JSON.stringify(facts), plan: JSON.stringify(plan) })
    .where("id", "=", id)
    .where("ended_at", "is", null)
    .execute();
}

/** Remembers who has a plan carried out; its statements may only be the first half of it. */
export async function apply(tx: Tx, id: string, by: string): Promise<void> {
  await tx
    .updateTable("repairs")
    .set({ applied_at: sql<Date>`now()`, applied_by: by, undone_at: null })
    .where("id", "=", id)
    .execute();
}

/** Compare and set: answers whether it was this call that ended it. */
export async function end(tx: Tx, id: string, as: NonNullable<Repair["ended_as"]>): Promise<boolean> {
  const ended = await tx
    .updateTable("repairs")
    .set({ ended_as: as, ended_at: sql<Date>`now()` })
    .where("id", "=", id)
    .where("ended_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return ended !== undefined;
}

/** Compare and set: what was applied is taken back once. */
export async function undo(tx: Tx, id: string): Promise<void> {
  const undone = await tx
    .updateTable("repairs")
    .set({ undone_at: sql<Date>`now()` })
    .where("id", "=", id)
    .where("applied_at", "is not", null)
    .where("undone_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  if (undone === undefined) throw new Fault("state_changed_meanwhile", { repairId: id });
}

/** By law, how many of its breaches wait for somebody. */
export async function countOpen(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom("repairs")
    .innerJoin("exceptions", "exceptions.id", "repairs.exception_id")
    .select((value) => ["repairs.law", value.fn.countAll<string>().as("count")])
    .where("repairs.ended_at", "is", null)
    .where("exceptions.state", "=", "open")
    .groupBy("repairs.law")
    .execute();
  return new Map(rows.map(({ law, count }) => [law, Number(count)]));
}
