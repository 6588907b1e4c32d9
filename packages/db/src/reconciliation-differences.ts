import { type ExceptionKind, suggestedAction } from "@zhanggui/domain";
import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import { type Comparison, bookedLateDays } from "./statement-lines.ts";
import type { ReconciliationDifference, StatementType, TotalJson } from "./schema.ts";

export type NewDifference = Omit<ReconciliationDifference, "id" | "exception_id" | "opened" | "line">;

export async function write(db: Db, difference: NewDifference): Promise<void> {
  await db.insertInto("reconciliation_differences").values(difference).execute();
}

/** Forgets what an earlier try of the same run has found. */
export async function clear(db: Db, reconciliationId: string): Promise<void> {
  await db.deleteFrom("reconciliation_differences").where("reconciliation_id", "=", reconciliationId).execute();
}

/** Names the order and payment of money that only the statement tells of, where its number is one of ours. */
export async function nameOrders(
  tx: Tx,
  { reconciliationId, provider }: Pick<Comparison, "reconciliationId" | "provider">,
): Promise<void> {
  await sql`
    update reconciliation_differences as differences set order_id = payments.order_id, payment_id = payments.id
    from payments
    where differences.reconciliation_id = ${reconciliationId} and differences.kind = 'missing_here'
      and payments.provider = ${provider} and payments.out_trade_no = differences.out_trade_no
  `.execute(tx);
}

export type PageOfDifferences = { readonly after?: string | undefined; readonly limit: number };

/** In the order in which they were found. */
export function page(
  db: Db,
  reconciliationId: string,
  { after, limit }: PageOfDifferences,
): Promise<ReconciliationDifference[]> {
  return db
    .selectFrom("reconciliation_differences")
    .selectAll()
    .where("reconciliation_id", "=", reconciliationId)
    .$if(after !== undefined, (query) => query.where("id", ">", after ?? "0"))
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** How many there are of each type and kind. */
export async function countByKind(
  db: Db,
  reconciliationId: string,
): Promise<{ readonly type: StatementType; readonly kind: string; readonly count: number }[]> {
  return db
    .selectFrom("reconciliation_differences")
    .select(["type", "kind", sql<number>`count(*)::int`.as("count")])
    .where("reconciliation_id", "=", reconciliationId)
    .groupBy(["type", "kind"])
    .orderBy("type")
    .orderBy("kind")
    .execute();
}

/** How many of them a signed answer has settled meanwhile. */
export async function countSettled(db: Db, reconciliationId: string): Promise<number> {
  const { settled } = await db
    .selectFrom("reconciliation_differences")
    .select(sql<number>`count(*)::int`.as("settled"))
    .where("reconciliation_id", "=", reconciliationId)
    .where("asked", "=", "settled")
    .executeTakeFirstOrThrow();
  return settled;
}

export async function noteAsked(db: Db, id: string, asked: string): Promise<void> {
  await db.updateTable("reconciliation_differences").set({ asked }).where("id", "=", id).execute();
}

export async function noteCase(tx: Tx, id: string, exceptionId: string, opened: boolean): Promise<void> {
  await tx
    .updateTable("reconciliation_differences")
    .set({ exception_id: exceptionId, opened })
    .where("id", "=", id)
    .execute();
}

/** The open case of a subject, of whatever kind: what one thing is about is decided once. */
export async function openCaseOf(tx: Tx, subject: string): Promise<string | undefined> {
  const found = await tx
    .selectFrom("exceptions")
    .select("id")
    .where("subject", "=", subject)
    .where("state", "=", "open")
    .orderBy("id")
    .executeTakeFirst();
  return found?.id;
}

/** Opens again a case that came right by itself and is wrong again. One that a person has closed stays closed. */
export async function reopenCase(
  tx: Tx,
  { kind, subject }: { readonly kind: ExceptionKind; readonly subject: string },
): Promise<string | undefined> {
  const reopened = await tx
    .updateTable("exceptions")
    .set({ state: "open", resolved_at: null, suggested_action: suggestedAction[kind] })
    .where("kind", "=", kind)
    .where("subject", "=", subject)
    .where("state", "=", "resolved")
    .where("resolved_by", "is", null)
    .returning("id")
    .executeTakeFirst();
  return reopened?.id;
}

/** A case that reconciliation has opened, and what it is about. */
export type OpenedCase = {
  readonly id: string;
  readonly kind: ExceptionKind;
  readonly subject: string;
  readonly order_id: string | null;
  readonly key: string;
  readonly type: StatementType;
};

/** Open cases that reconciliation has opened about one day of a provider, whichever way it was compared. */
export async function openCasesOfDay(
  db: Db,
  { provider, day, limit }: { readonly provider: string; readonly day: string; readonly limit: number },
): Promise<OpenedCase[]> {
  const { rows } = await sql<OpenedCase>`
    select distinct on (exceptions.id) exceptions.id, exceptions.kind, exceptions.subject, exceptions.order_id,
      differences.key, differences.type
    from reconciliation_differences as differences
    join exceptions on exceptions.id = differences.exception_id and exceptions.state = 'open'
    join reconciliations on reconciliations.id = differences.reconciliation_id
    where differences.opened and reconciliations.provider = ${provider} and reconciliations.day = ${day}
    order by exceptions.id limit ${limit}
  `.execute(db);
  return rows;
}

/**
 * Open cases that reconciliation has opened around this day and that a statement contradicts no more: both sides say the
 * same now, or, of this day, neither says anything.
 */
export async function rightedCases(tx: Tx, comparison: Comparison, limit: number): Promise<OpenedCase[]> {
  const { reconciliationId, provider, day, dayBefore, dayAfter } = comparison;
  const { rows } = await sql<OpenedCase>`
    with told as (
      select distinct on (exceptions.id) exceptions.id, exceptions.kind, exceptions.subject, exceptions.order_id,
        differences.key, differences.type, reconciliations.day
      from reconciliation_differences as differences
      join exceptions on exceptions.id = differences.exception_id and exceptions.state = 'open'
      join reconciliations on reconciliations.id = differences.reconciliation_id
      where differences.opened and reconciliations.provider = ${provider}
        and reconciliations.day in (${dayBefore}, ${day}, ${dayAfter})
        and not exists (select from reconciliation_differences as again where again.reconciliation_id = ${reconciliationId}
          and again.type = differences.type and again.key = differences.key and again.asked is distinct from 'settled')
      order by exceptions.id
    )
    select told.id, told.kind, told.subject, told.order_id, told.key, told.type
    from told
    left join receipts on told.type = 'payment' and receipts.provider = ${provider} and receipts.transaction_id = told.key
    left join refunds on told.type = 'refund' and refunds.provider = ${provider} and refunds.out_refund_no = told.key
    left join lateral (
      select count(*) as lines, bool_and(lines.amount = coalesce(receipts.amount, refunds.amount)
        and lines.currency = coalesce(receipts.currency, refunds.currency)) as agree,
        (array_agg(lines.status order by lines.occurred_at desc nulls last, lines.number desc))[1] as status
      from statement_lines as lines
      where lines.provider = ${provider} and lines.type = told.type and lines.key = told.key
    ) as theirs on true
    where case
      when coalesce(receipts.transaction_id, refunds.id) is null
        then told.day = ${day} and (theirs.lines = 0 or theirs.status = 'failed')
      when theirs.lines = 0 then told.type = 'refund' and refunds.status <> 'succeeded' and told.day = ${day}
      when told.type = 'payment' then theirs.agree and theirs.status <> 'failed'
      else theirs.agree and (theirs.status = 'failed') <> (refunds.status = 'succeeded')
    end
    limit ${limit}
  `.execute(tx);
  return rows;
}

/** How much came and went on a day, by either side; a transaction that a statement tells twice counts once. */
export async function totals(tx: Tx, { reconciliationId, provider, from, to }: Comparison): Promise<TotalJson[]> {
  const { rows } = await sql<{
    type: StatementType;
    currency: string;
    our_count: number;
    ours: string;
    their_count: number;
    theirs: string;
    fee: string;
  }>`
    with theirs as (
      select type, currency, count(*)::int as number, sum(amount) as amount, coalesce(sum(fee), 0) as fee
      from (
        select distinct on (type, key) * from statement_lines
        where reconciliation_id = ${reconciliationId} order by type, key, occurred_at desc nulls last, number desc
      ) as lines
      where status <> 'failed' group by type, currency
    ),
    ours as (
      select 'payment' as type, receipts.currency, count(*)::int as number, sum(receipts.amount) as amount
      from receipts
      left join callbacks on callbacks.id = receipts.callback_id
      left join payments on payments.id = receipts.payment_id and payments.transaction_id = receipts.transaction_id
      where receipts.provider = ${provider} and receipts.booked_at >= ${from}::timestamptz - interval '1 hour'
        and receipts.booked_at < ${to}::timestamptz + make_interval(days => ${bookedLateDays})
        and coalesce(callbacks.occurred_at, payments.succeeded_at, receipts.booked_at) >= ${from}
        and coalesce(callbacks.occurred_at, payments.succeeded_at, receipts.booked_at) < ${to}
      group by receipts.currency
      union all
      select 'refund', currency, count(*)::int, sum(amount) from refunds
      where provider = ${provider} and status = 'succeeded' and succeeded_at >= ${from} and succeeded_at < ${to}
      group by currency
    )
    select type, currency, coalesce(ours.number, 0) as our_count, coalesce(ours.amount, 0.00) as ours,
      coalesce(theirs.number, 0) as their_count, coalesce(theirs.amount, 0.00) as theirs, coalesce(theirs.fee, 0) as fee
    from theirs full join ours using (type, currency) order by type, currency
  `.execute(tx);
  return rows.map(({ type, currency, our_count, ours, their_count, theirs, fee }) => ({
    type,
    currency,
    ours: { count: our_count, amount: ours },
    theirs: { count: their_count, amount: theirs },
    fee,
  }));
}
