import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { StatementType } from "./schema.ts";

/** Rows that one statement deletes: replacing a million lines must not run into its time limit. */
const deletedAtOnce = 50_000;
const maximumDeletions = 1_000;

export type NewStatementLine = {
  readonly number: number;
  readonly type: StatementType;
  readonly key: string;
  readonly outTradeNo: string | null;
  readonly transactionId: string | null;
  readonly refundId: string | null;
  /** In the currency's unit, two decimals. */
  readonly amount: string;
  readonly fee: string | null;
  readonly currency: string;
  readonly status: "succeeded" | "processing" | "failed";
  readonly rawStatus: string;
  readonly occurredAt: Date | null;
};

export type StatementOfDay = { readonly reconciliationId: string; readonly provider: string; readonly day: string };

/** Writes some lines in one statement. The same text for any number of them, so that it is planned once. */
export async function write(db: Db, of: StatementOfDay, lines: readonly NewStatementLine[]): Promise<void> {
  const column = <Value>(pick: (line: NewStatementLine) => Value): Value[] => lines.map((line) => pick(line));
  await sql`
    insert into statement_lines (reconciliation_id, provider, day, number, type, key, out_trade_no, transaction_id,
      refund_id, amount, fee, currency, status, raw_status, occurred_at)
    select ${of.reconciliationId}::text, ${of.provider}::text, ${of.day}::text, line.* from unnest(
      ${column(({ number }) => number)}::int[], ${column(({ type }) => type)}::text[], ${column(({ key }) => key)}::text[],
      ${column(({ outTradeNo }) => outTradeNo)}::text[], ${column(({ transactionId }) => transactionId)}::text[],
      ${column(({ refundId }) => refundId)}::text[], ${column(({ amount }) => amount)}::numeric[],
      ${column(({ fee }) => fee)}::numeric[], ${column(({ currency }) => currency)}::text[],
      ${column(({ status }) => status)}::text[], ${column(({ rawStatus }) => rawStatus)}::text[],
      ${column(({ occurredAt }) => occurredAt?.toISOString() ?? null)}::timestamptz[]
    ) as line
  `.execute(db);
}

/** Drops the lines that one reconciliation has written. */
export function drop(db: Db, reconciliationId: string, alive: () => Promise<unknown>): Promise<void> {
  return inParts(
    () =>
      sql`
      delete from statement_lines where ctid = any(array(
        select ctid from statement_lines where reconciliation_id = ${reconciliationId} limit ${deletedAtOnce}
      ))
    `.execute(db),
    alive,
  );
}

/** Drops what earlier statements of the same day said. */
export function dropEarlier(db: Db, of: StatementOfDay, alive: () => Promise<unknown>): Promise<void> {
  return inParts(
    () =>
      sql`
      delete from statement_lines where ctid = any(array(
        select lines.ctid from reconciliations join statement_lines as lines on lines.reconciliation_id = reconciliations.id
        where reconciliations.provider = ${of.provider} and reconciliations.day = ${of.day}
          and reconciliations.id <> ${of.reconciliationId}
        limit ${deletedAtOnce}
      ))
    `.execute(db),
    alive,
  );
}

/** Drops lines that nobody compares with any more, at most so many at once. */
export async function dropOld(db: Db, days: number): Promise<void> {
  await sql`
    delete from statement_lines where ctid = any(array(
      select lines.ctid from reconciliations join statement_lines as lines on lines.reconciliation_id = reconciliations.id
      where reconciliations.created_at < now() - make_interval(days => ${days})
      limit ${deletedAtOnce}
    ))
  `.execute(db);
}

async function inParts(
  remove: () => Promise<{ readonly numAffectedRows?: bigint }>,
  alive: () => Promise<unknown>,
): Promise<void> {
  for (let part = 0; part < maximumDeletions; part += 1) {
    const { numAffectedRows = 0n } = await remove();
    if (numAffectedRows < BigInt(deletedAtOnce)) return;
    await alive();
  }
}

/** Tells the planner that many lines are new; what it believed of an empty table would make a comparison crawl. */
export async function analyze(db: Db): Promise<void> {
  await sql`analyze statement_lines`.execute(db);
}

/** A day, and its neighbours' names. */
export type Comparison = StatementOfDay & {
  readonly dayBefore: string;
  readonly dayAfter: string;
  readonly from: Date;
  readonly to: Date;
  readonly slackMinutes: number;
  /** Differences that are written; the rest are only counted. */
  readonly maximumKept: number;
};

/** Longer than any other statement may take: it reads a day of both books. */
const comparisonTimeout = "10min";
/** Money that was booked so long after it was paid is looked for as well. */
export const bookedLateDays = 2;

export type Compared = { readonly differences: number; readonly repeats: number; readonly pending: number };

/**
 * Writes down where a day's statement and our book differ.
 *
 * Every line is looked for in the book, whenever that says it came. What the book has of the day is looked for in every
 * statement that is here, because the gateway's clock may have put it into the next day's or the one before; near the
 * end of a day it is a difference only once that neighbour is here too, and `pending` until then.
 */
export async function compare(tx: Tx, comparison: Comparison): Promise<Compared> {
  const { reconciliationId: id, provider, dayBefore, dayAfter, from, to, slackMinutes, maximumKept } = comparison;
  await sql`set local statement_timeout = ${sql.lit(comparisonTimeout)}`.execute(tx);
  await sql`set local work_mem = '64MB'`.execute(tx);
  await tx.deleteFrom("reconciliation_differences").where("reconciliation_id", "=", id).execute();
  const slack = sql`make_interval(mins => ${slackMinutes}::int)`;
  const isHere = (day: string) => sql<boolean>`exists (select from reconciliations as neighbour
    where neighbour.provider = ${provider} and neighbour.day = ${day} and neighbour.source <> 'query'
      and neighbour.state in ('matched', 'differences'))`;
  const { rows } = await sql<Compared>`
    with mine as materialized (
      select *, row_number() over (partition by type, key order by occurred_at desc nulls last, number desc) = 1 as latest
      from statement_lines where reconciliation_id = ${id}
    ),
    here as materialized (select ${isHere(dayBefore)} as before, ${isHere(dayAfter)} as after),
    took as materialized (
      select * from (
        select receipts.*, coalesce(callbacks.occurred_at, payments.succeeded_at, receipts.booked_at) as at
        from receipts
        left join callbacks on callbacks.id = receipts.callback_id
        left join payments on payments.id = receipts.payment_id and payments.transaction_id = receipts.transaction_id
        where receipts.provider = ${provider} and receipts.booked_at >= ${from}::timestamptz - ${slack} - interval '1 hour'
          and receipts.booked_at < ${to}::timestamptz + make_interval(days => ${bookedLateDays})
      ) as booked
      where at >= ${from}::timestamptz - ${slack} and at < ${to}::timestamptz + ${slack}
        and not exists (select from statement_lines as lines where lines.provider = ${provider}
          and lines.type = 'payment' and lines.key = booked.transaction_id)
    ),
    gave as materialized (
      select *, succeeded_at as at from refunds
      where provider = ${provider} and status = 'succeeded'
        and succeeded_at >= ${from}::timestamptz - ${slack} and succeeded_at < ${to}::timestamptz + ${slack}
        and not exists (select from statement_lines as lines where lines.provider = ${provider}
          and lines.type = 'refund' and lines.key = refunds.out_refund_no)
        and not (origin = 'gateway' and exists (select from statement_lines as lines where lines.provider = ${provider}
          and lines.type = 'refund' and lines.transaction_id = refunds.transaction_id and lines.amount = refunds.amount))
    ),
    unseen as materialized (
      select 'payment' as type, transaction_id as key, out_trade_no, transaction_id, order_id, payment_id, amount, currency,
        (at >= ${from}::timestamptz + ${slack} or here.before) and (at < ${to}::timestamptz - ${slack} or here.after) as decided
      from took, here
      union all
      select 'refund', out_refund_no, null, transaction_id, order_id, payment_id, amount, currency,
        (at >= ${from}::timestamptz + ${slack} or here.before) and (at < ${to}::timestamptz - ${slack} or here.after)
          -- A gateway may put a refund down on the day on which it was asked for.
          and (created_at >= ${from} or (created_at >= ${from}::timestamptz - interval '1 day' and here.before))
      from gave, here
    ),
    found as materialized (
      select distinct on (type, kind, key) * from (
        select mine.type,
          case when receipts.transaction_id is null then 'missing_here'
            when receipts.amount <> mine.amount or receipts.currency <> mine.currency then 'amount' else 'state' end as kind,
          mine.key, coalesce(receipts.out_trade_no, mine.out_trade_no) as out_trade_no, mine.key as transaction_id,
          receipts.order_id, receipts.payment_id, receipts.amount as ours, mine.amount as theirs, mine.currency,
          case when receipts.transaction_id is not null then 'booked' end as our_status, mine.raw_status as their_status,
          mine.number as line
        from mine left join receipts on receipts.provider = ${provider} and receipts.transaction_id = mine.key
        where mine.type = 'payment' and (
          (receipts.transaction_id is null and mine.latest and mine.status = 'succeeded')
          or receipts.amount <> mine.amount or receipts.currency <> mine.currency
          or (receipts.transaction_id is not null and mine.latest and mine.status = 'failed'))
        union all
        select mine.type,
          case when refunds.id is null then 'missing_here'
            when refunds.amount <> mine.amount or refunds.currency <> mine.currency then 'amount' else 'state' end,
          mine.key, mine.out_trade_no, coalesce(refunds.transaction_id, mine.transaction_id),
          refunds.order_id, refunds.payment_id, refunds.amount, mine.amount, mine.currency, refunds.status, mine.raw_status,
          mine.number
        from mine left join refunds on refunds.provider = ${provider} and refunds.out_refund_no = mine.key
        where mine.type = 'refund' and (
          (refunds.id is null and mine.latest and mine.status <> 'failed'
            and not exists (select from refunds as made where made.provider = ${provider} and made.origin = 'gateway'
              and made.transaction_id = mine.transaction_id and made.amount = mine.amount))
          or refunds.amount <> mine.amount or refunds.currency <> mine.currency
          or (mine.latest and mine.status = 'succeeded' and refunds.status <> 'succeeded')
          or (mine.latest and mine.status = 'failed' and refunds.status = 'succeeded'))
        union all
        select type, 'missing_there', key, out_trade_no, transaction_id, order_id, payment_id, amount, null, currency,
          case type when 'payment' then 'booked' else 'succeeded' end, null, null
        from unseen where decided
      ) as differing order by type, kind, key, line
    ),
    kept as (
      insert into reconciliation_differences (reconciliation_id, type, kind, key, out_trade_no, transaction_id, order_id,
        payment_id, ours, theirs, currency, our_status, their_status, line)
      select ${id}, * from found order by type, kind, line, key limit ${maximumKept}
    )
    select (select count(*)::int from found) as differences,
      (select count(*)::int from mine where not latest) as repeats,
      (select count(*)::int from unseen where not decided) as pending
  `.execute(tx);
  const [compared] = rows;
  if (compared === undefined) throw new Error("a comparison counts something");
  return compared;
}
