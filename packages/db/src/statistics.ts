import { sql } from "kysely";

import type { Db } from "./connection.ts";

export type Window = { readonly from: Date; readonly to: Date };

/** The most buckets a series has, so that any window stays one screen of points. */
const maximumBuckets = 60;

export type Rates = {
  /** Attempts that succeeded, of those created in the window that were started and have ended. */
  readonly paymentSuccessRate: number | null;
  /** Orders cancelled because their deadline passed, of those created in the window that are not pending. */
  readonly paymentTimeoutRate: number | null;
  /** Verified notices with an outcome that is not failed, of those received in the window. */
  readonly callbackSuccessRate: number | null;
};

/** The specification's rates (监控指标). `null` where there is nothing to divide by. */
export async function rates(db: Db, { from, to }: Window): Promise<Rates> {
  const { rows } = await sql<{ success: string | null; timeout: string | null; callback: string | null }>`
    select
      (select count(*) filter (where status = 'succeeded')::numeric / nullif(count(*), 0)
         from payments where created_at >= ${from} and created_at < ${to}
          and (status in ('succeeded', 'failed') or (status in ('cancelled', 'expired') and started_at is not null))
      ) as success,
      (select count(*) filter (where status = 'cancelled' and cancel_reason = 'expired')::numeric / nullif(count(*), 0)
         from orders where created_at >= ${from} and created_at < ${to} and status <> 'pending') as timeout,
      (select count(*) filter (where state in ('processed', 'ignored'))::numeric / nullif(count(*), 0)
         from callbacks where received_at >= ${from} and received_at < ${to}) as callback
  `.execute(db);
  const [row] = rows;
  return {
    paymentSuccessRate: numberOrNull(row?.success),
    paymentTimeoutRate: numberOrNull(row?.timeout),
    callbackSuccessRate: numberOrNull(row?.callback),
  };
}

function numberOrNull(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}

export async function ordersByStatus(db: Db, { from, to }: Window): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom("orders")
    .select((value) => ["status", value.fn.countAll<string>().as("count")])
    .where("created_at", ">=", from)
    .where("created_at", "<", to)
    .groupBy("status")
    .execute();
  return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
}

export async function exceptionsByKind(db: Db, { from, to }: Window): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom("exceptions")
    .select((value) => ["kind", value.fn.countAll<string>().as("count")])
    .where("created_at", ">=", from)
    .where("created_at", "<", to)
    .groupBy("kind")
    .execute();
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, Number(count)]));
}

export type SeriesPoint = {
  readonly at: Date;
  readonly ordersCreated: number;
  readonly ordersPaid: number;
  readonly ordersCancelled: number;
  readonly callbacksReceived: number;
  readonly callbacksSettled: number;
};

/** What happened in each of at most 60 equal parts of the window, oldest first, empty parts included. */
export async function series(db: Db, { from, to }: Window): Promise<SeriesPoint[]> {
  const seconds = Math.max(1, Math.ceil((to.getTime() - from.getTime()) / 1000 / maximumBuckets));
  const { rows } = await sql<SeriesPoint>`
    with bucket as (
      select at, at + make_interval(secs => ${seconds}) as until
      from generate_series(${from}::timestamptz, ${to}::timestamptz - interval '1 microsecond', make_interval(secs => ${seconds})) as at
    )
    select at,
      (select count(*)::int from orders where created_at >= at and created_at < until) as "ordersCreated",
      (select count(*)::int from audit where audit.at >= bucket.at and audit.at < until and action = 'order.pay') as "ordersPaid",
      (select count(*)::int from audit where audit.at >= bucket.at and audit.at < until and action = 'order.cancel') as "ordersCancelled",
      (select count(*)::int from callbacks where received_at >= at and received_at < until) as "callbacksReceived",
      (select count(*)::int from callbacks where settled_at >= at and settled_at < until) as "callbacksSettled"
    from bucket order by at
  `.execute(db);
  return rows;
}
