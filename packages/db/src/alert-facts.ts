import type { ExceptionKind } from "@zhanggui/domain";
import { sql } from "kysely";

import type { Db } from "./connection.ts";

export type OpenCases = {
  readonly kind: ExceptionKind;
  readonly cases: number;
  /** Yuan text: the sum of what is at stake where a case names an amount. */
  readonly amount: string;
  readonly oldest: Date;
  /** Ids grow with time. */
  readonly newestId: string;
};

/** Open cases by kind, or only those whose deadline has passed. */
export async function openCases(db: Db, { overdue }: { readonly overdue: boolean }): Promise<OpenCases[]> {
  const rows = await db
    .selectFrom("exceptions")
    .select((value) => [
      "kind",
      value.fn.countAll<string>().as("cases"),
      sql<string>`coalesce(sum(amount), 0.00)`.as("amount"),
      value.fn.min("created_at").as("oldest"),
      value.fn.max("id").as("newestId"),
    ])
    .where("state", "=", "open")
    .$if(overdue, (query) => query.where("due_at", "<", sql<Date>`now()`))
    .groupBy("kind")
    .orderBy("kind")
    .execute();
  return rows.map((row) => ({ ...row, cases: Number(row.cases) }));
}

export type MixedUp = {
  readonly provider: string;
  readonly cases: number;
  /** Yuan text, as the gateway states them. */
  readonly amount: string;
  readonly newestId: string;
};

/** Open mismatches in which the amounts are a hundredfold of each other, by provider. */
export async function mixedUpUnits(db: Db): Promise<MixedUp[]> {
  const rows = await db
    .selectFrom("exceptions")
    .innerJoin("payments", "payments.id", "exceptions.payment_id")
    .select((value) => [
      "payments.provider",
      value.fn.countAll<string>().as("cases"),
      sql<string>`coalesce(sum(exceptions.amount), 0.00)`.as("amount"),
      value.fn.max("exceptions.id").as("newestId"),
    ])
    .where("exceptions.state", "=", "open")
    .where("exceptions.kind", "=", "amount_mismatch")
    .where(sql<boolean>`exceptions.detail::jsonb -> 'looksLikeFenForYuan' = 'true'::jsonb`)
    .groupBy("payments.provider")
    .orderBy("payments.provider")
    .execute();
  return rows.map((row) => ({ ...row, cases: Number(row.cases) }));
}

export type Lag = { readonly count: number; readonly oldestSeconds: number };

/**
 * Pending orders past their deadline for longer than expected. One whose gateways are being asked has `closingSeconds`,
 * every other `openSeconds`.
 */
export async function lateOrders(
  db: Db,
  { openSeconds, closingSeconds }: { readonly openSeconds: number; readonly closingSeconds: number },
): Promise<Lag> {
  const row = await db
    .selectFrom("orders")
    .select((value) => [value.fn.countAll<string>().as("count"), sql<string>`${ageOf("expires_at")}`.as("oldest")])
    .where("status", "=", "pending")
    .where(
      "expires_at",
      "<",
      sql<Date>`now() - make_interval(secs => case
      when closing_since is null then ${openSeconds}::int else ${closingSeconds}::int end)`,
    )
    // The index on due orders has no other way to know that these are few.
    .where("expires_at", "<", sql<Date>`now()`)
    .executeTakeFirstOrThrow();
  return lagOf(row);
}

/** Refunds whose outcome has not been known since they were made, at least `seconds` ago. */
export async function unknownRefunds(db: Db, seconds: number): Promise<Lag> {
  const row = await db
    .selectFrom("refunds")
    .select((value) => [value.fn.countAll<string>().as("count"), sql<string>`${ageOf("created_at")}`.as("oldest")])
    .where("status", "=", "unknown")
    // An unknown outcome is always asked for again, and an index holds those.
    .where("next_ask_at", "is not", null)
    .where("created_at", "<", sql<Date>`now() - make_interval(secs => ${seconds})`)
    .executeTakeFirstOrThrow();
  return lagOf(row);
}

export type BadDay = {
  readonly provider: string;
  readonly day: string;
  readonly state: "differences" | "failed";
  readonly differences: number;
};

/** Days whose newest finished comparison found differences or could not be done, of comparisons of the last `days`. */
export async function badDays(
  db: Db,
  { days, limit }: { readonly days: number; readonly limit: number },
): Promise<BadDay[]> {
  const { rows } = await sql<BadDay>`
    select * from (
      select distinct on (provider, day) provider, day, state, differences from reconciliations
      where finished_at > now() - make_interval(days => ${days}) order by provider, day, id desc
    ) as newest
    where state in ('differences', 'failed') order by day desc, provider limit ${limit}
  `.execute(db);
  return rows;
}

function ageOf(column: string) {
  return sql`coalesce(extract(epoch from now() - min(${sql.ref(column)})), 0)`;
}

function lagOf({ count, oldest }: { readonly count: string; readonly oldest: string }): Lag {
  return { count: Number(count), oldestSeconds: Math.floor(Number(oldest)) };
}
