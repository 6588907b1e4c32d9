import { type SelectQueryBuilder, sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { Operator, Tables } from "./schema.ts";

export type NewOperator = Pick<Operator, "id" | "email" | "name" | "role">;

/** Operators that one shop has at most; what lists them needs no pages. */
const maximumOperators = 500;

const credential = "credential";

/** Oldest first. */
export function list(db: Db): Promise<Operator[]> {
  return db.selectFrom("operators").selectAll().orderBy("created_at").orderBy("id").limit(maximumOperators).execute();
}

export async function isEmpty(db: Db): Promise<boolean> {
  return (await db.selectFrom("operators").select("id").limit(1).executeTakeFirst()) === undefined;
}

/** One at a time for everything that changes operators: who counts the admins must not be overtaken. */
export async function lockAll(tx: Tx): Promise<void> {
  await sql`lock table operators in share row exclusive mode`.execute(tx);
}

export type OperatorName = { readonly id: string } | { readonly email: string };

export function find(db: Db | Tx, name: OperatorName): Promise<Operator | undefined> {
  return named(db.selectFrom("operators").selectAll(), name).executeTakeFirst();
}

function named<Row>(
  query: SelectQueryBuilder<Tables, "operators", Row>,
  name: OperatorName,
): SelectQueryBuilder<Tables, "operators", Row> {
  return "id" in name ? query.where("id", "=", name.id) : query.where("email", "=", name.email.toLowerCase());
}

/** Admins who can sign in, but for this one. */
export async function countOtherAdmins(tx: Tx, id: string): Promise<number> {
  const { count } = await tx
    .selectFrom("operators")
    .select((value) => value.fn.countAll<string>().as("count"))
    .where("role", "=", "admin")
    .where("disabled_at", "is", null)
    .where("id", "!=", id)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export function insert(tx: Tx, operator: NewOperator): Promise<Operator> {
  return tx.insertInto("operators").values(operator).returningAll().executeTakeFirstOrThrow();
}

export type OperatorUpdate = Partial<Pick<Operator, "role" | "must_change_password" | "two_factor_enabled">> & {
  readonly disabled?: boolean;
};

export function update(tx: Tx, id: string, { disabled, ...change }: OperatorUpdate): Promise<Operator> {
  return tx
    .updateTable("operators")
    .set({ ...change, updated_at: sql<Date>`now()` })
    .$if(disabled === true, (query) => query.set({ disabled_at: sql<Date>`coalesce(disabled_at, now())` }))
    .$if(disabled === false, (query) => query.set({ disabled_at: null }))
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Sets the hash of an operator's password, the first or another one. */
export async function putPassword(tx: Tx, operatorId: string, hash: string): Promise<void> {
  await tx
    .insertInto("operator_credentials")
    .values({ id: operatorId, account_id: operatorId, provider_id: credential, user_id: operatorId, password: hash })
    .onConflict((row) => row.column("user_id").doUpdateSet({ password: hash, updated_at: sql<Date>`now()` }))
    .execute();
}

export async function removeTwoFactor(tx: Tx, operatorId: string): Promise<void> {
  await tx.deleteFrom("operator_two_factors").where("user_id", "=", operatorId).execute();
}
