import { Fault, type PaymentState } from "@zhanggui/domain";
import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { Payment, PaymentActionJson } from "./schema.ts";

export type NewPayment = {
  readonly id: string;
  readonly orderId: string;
  readonly provider: string;
  readonly amount: string;
  readonly currency: string;
  readonly outTradeNo: string;
};

export function insert(tx: Tx, payment: NewPayment): Promise<Payment> {
  return tx
    .insertInto("payments")
    .values({
      id: payment.id,
      order_id: payment.orderId,
      provider: payment.provider,
      status: "init",
      amount: payment.amount,
      currency: payment.currency,
      out_trade_no: payment.outTradeNo,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function find(db: Db, id: string): Promise<Payment | undefined> {
  return db.selectFrom("payments").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Which payment a notice speaks of. A number known under another provider is not a match. */
export function findByOutTradeNo(
  db: Db,
  { provider, outTradeNo }: { readonly provider: string; readonly outTradeNo: string },
): Promise<Payment | undefined> {
  return db
    .selectFrom("payments")
    .selectAll()
    .where("out_trade_no", "=", outTradeNo)
    .where("provider", "=", provider)
    .executeTakeFirst();
}

/** Second in the lock order: the caller holds the order already. */
export function lock(tx: Tx, id: string): Promise<Payment | undefined> {
  return tx.selectFrom("payments").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
}

/** All attempts of an order that the caller has locked, oldest first. */
export function lockOfOrder(tx: Tx, orderId: string): Promise<Payment[]> {
  return tx.selectFrom("payments").selectAll().where("order_id", "=", orderId).orderBy("id").forUpdate().execute();
}

export function ofOrder(db: Db, orderId: string): Promise<Payment[]> {
  return db.selectFrom("payments").selectAll().where("order_id", "=", orderId).orderBy("id").execute();
}

export type PaymentChange =
  /** `firstQueryInSeconds` when its gateway can be asked about it. */
  | { readonly to: "processing"; readonly firstQueryInSeconds?: number | undefined }
  | {
      readonly to: "succeeded";
      readonly transactionId: string;
      readonly succeededAt: Date | undefined;
      /** Whether this payment makes its order paid. */
      readonly effective: boolean;
    }
  | { readonly to: "failed" | "cancelled" | "expired" };

/** Compare and set: the row moves only if it still stands where the ruling saw it. */
export async function move(tx: Tx, payment: Pick<Payment, "id" | "status">, change: PaymentChange): Promise<Payment> {
  const moved = await tx
    .updateTable("payments")
    .set(columnsOf(change))
    .where("id", "=", payment.id)
    .where("status", "=", payment.status)
    .returningAll()
    .executeTakeFirst();
  if (moved === undefined) throw new Fault("state_changed_meanwhile", { paymentId: payment.id });
  return moved;
}

function columnsOf(change: PaymentChange) {
  const status: PaymentState = change.to;
  switch (change.to) {
    case "processing":
      return { status, started_at: sql<Date>`now()`, ...planIn(change.firstQueryInSeconds) };
    case "succeeded":
      return {
        status,
        transaction_id: change.transactionId,
        succeeded_at: change.succeededAt ?? sql<Date>`now()`,
        effective: change.effective,
        // One that was left open has a case to be closed: whoever looks for what is to be asked finds it.
        next_query_at: sql<Date | null>`case when left_open then now() end`,
      };
    case "failed":
      // A wrong password fails, the next one pays, under the same number: it is asked about as before.
      return { status, closed_at: sql<Date>`now()` };
    case "cancelled":
    case "expired":
      return { status, closed_at: sql<Date>`now()`, next_query_at: null };
  }
}

function planIn(seconds: number | undefined) {
  return seconds === undefined ? {} : { next_query_at: fromNow(seconds) };
}

function fromNow(seconds: number) {
  return sql<Date>`now() + make_interval(secs => ${seconds})`;
}

/** Lets a payment that succeeded too late, or besides, make its order paid after all. */
export async function makeEffective(tx: Tx, { id }: Pick<Payment, "id">): Promise<Payment> {
  const moved = await tx
    .updateTable("payments")
    .set({ effective: true })
    .where("id", "=", id)
    .where("status", "=", "succeeded")
    .where("effective", "=", false)
    .returningAll()
    .executeTakeFirst();
  if (moved === undefined) throw new Fault("state_changed_meanwhile", { paymentId: id });
  return moved;
}

/** Whether an attempt has this number, at any provider. */
export async function isNumberTaken(db: Db, outTradeNo: string): Promise<boolean> {
  const taken = await db.selectFrom("payments").select("id").where("out_trade_no", "=", outTradeNo).executeTakeFirst();
  return taken !== undefined;
}

/** Keeps what the buyer is to do next, so that asking again answers the same. The first one stays. */
export async function keepAction(db: Db, id: string, action: PaymentActionJson): Promise<PaymentActionJson> {
  const kept = await db
    .updateTable("payments")
    .set({ action: sql`coalesce(action, ${JSON.stringify(action)}::jsonb)` })
    .where("id", "=", id)
    .returning("action")
    .executeTakeFirstOrThrow();
  return kept.action ?? action;
}

/** A payment whose gateway is being asked, and how old it is by the database's clock. */
export type Asked = Payment & {
  /** Whether its order still waits for money. */
  readonly is_awaited: boolean;
  readonly started_seconds: number;
  /** Since it ended here; 0 for one that has not. */
  readonly closed_seconds: number;
};

export type Claim = {
  readonly provider: string;
  /** Of this provider's payments, at most so many are being asked about at the same time, by all workers together. */
  readonly atOnce: number;
  /** After this somebody else may ask: whoever claimed has died. */
  readonly leaseSeconds: number;
};

/**
 * Takes payments whose query is due, oldest first. Nobody else gets them until `noteQuery` or the end of the lease. The
 * caller holds the provider's row of `provider_health`, so that two claims do not both fill the same places.
 */
export async function claimDueQueries(tx: Tx, { provider, atOnce, leaseSeconds }: Claim): Promise<Asked[]> {
  const { rows } = await sql<Asked>`
    update payments set querying_until = ${fromNow(leaseSeconds)}
    where id in (
      select id from payments
      where provider = ${provider} and next_query_at <= now() and coalesce(querying_until, '-infinity') < now()
      order by next_query_at
      limit greatest(0, ${atOnce} - (
        select count(*) from payments where provider = ${provider} and querying_until >= now()
      ))
      for update skip locked
    )
    returning *,
      exists (select from orders where orders.id = payments.order_id and orders.status = 'pending') as is_awaited,
      coalesce(extract(epoch from now() - started_at), 0)::float8 as started_seconds,
      coalesce(extract(epoch from now() - closed_at), 0)::float8 as closed_seconds
  `.execute(tx);
  return rows;
}

/** Which of these providers have a payment whose query is due. */
export async function providersToQuery(db: Db, providers: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ provider: string }>`
    select provider from unnest(${[...providers]}::text[]) as provider
    where exists (select from payments where payments.provider = provider.provider and next_query_at <= now())
  `.execute(db);
  return rows.map(({ provider }) => provider);
}

export type QueryNote = {
  readonly answer: string;
  /** When to ask again; unset for never. Only holds if the payment still stands where the asker saw it. */
  readonly nextInSeconds: number | undefined;
  readonly leftOpen: boolean;
};

/**
 * Gives back a claimed payment with what was answered. What settled or ended it meanwhile decides when it is asked,
 * unless it is only that the attempt failed.
 */
export async function noteQuery(db: Db, asked: Pick<Payment, "id" | "status">, note: QueryNote): Promise<void> {
  const next = note.nextInSeconds === undefined ? sql<Date | null>`null` : fromNow(note.nextInSeconds);
  await db
    .updateTable("payments")
    .set({
      querying_until: null,
      queries: sql<number>`queries + 1`,
      last_query_at: sql<Date>`now()`,
      last_answer: note.answer,
      next_query_at: sql<Date | null>`case when status in (${asked.status}, 'failed') then ${next} else next_query_at end`,
      left_open: sql<boolean>`case when status = ${asked.status} then ${note.leftOpen} else left_open end`,
    })
    .where("id", "=", asked.id)
    .execute();
}

/** Has an attempt that ended here asked about further, because its gateway did not say that it ended there. */
export async function planFollowUp(
  tx: Tx,
  id: string,
  { inSeconds, leftOpen }: { readonly inSeconds: number; readonly leftOpen: boolean },
): Promise<void> {
  await tx
    .updateTable("payments")
    .set({ next_query_at: fromNow(inSeconds), left_open: leftOpen })
    .where("id", "=", id)
    .execute();
}

/** Forgets that an attempt was to be asked about: its gateway has said that it ended. */
export async function endFollowUp(db: Db, id: string): Promise<void> {
  await db
    .updateTable("payments")
    .set({ next_query_at: null, left_open: false })
    .where("id", "=", id)
    .where("status", "in", ["failed", "cancelled", "expired"])
    .execute();
}

/**
 * Has a started attempt asked about now, unless it was within the last `notWithinSeconds` or is to be at once anyway.
 * Answers whether there is anything new to do.
 */
export async function askSoon(db: Db, id: string, notWithinSeconds: number): Promise<boolean> {
  const pulled = await db
    .updateTable("payments")
    .set({ next_query_at: sql<Date>`now()` })
    .where("id", "=", id)
    .where("status", "in", ["processing", "failed", "cancelled", "expired"])
    .where("started_at", "is not", null)
    .where(sql<boolean>`coalesce(next_query_at, 'infinity') > now()`)
    .where(sql<boolean>`coalesce(querying_until, '-infinity') < now()`)
    .where(sql<boolean>`coalesce(last_query_at, '-infinity') <= now() - make_interval(secs => ${notWithinSeconds})`)
    .returning("id")
    .executeTakeFirst();
  return pulled !== undefined;
}

/** Has open attempts of a provider asked about within `withinSeconds`, spread over that time; at most `limit`. */
export async function hurryQueries(
  db: Db,
  {
    provider,
    withinSeconds,
    limit,
  }: { readonly provider: string; readonly withinSeconds: number; readonly limit: number },
): Promise<void> {
  await sql`
    update payments set next_query_at = now() + random() * make_interval(secs => ${withinSeconds})
    where id in (
      select id from payments
      where provider = ${provider} and status = 'processing'
        and next_query_at > now() + make_interval(secs => ${withinSeconds})
      order by next_query_at limit ${limit} for update skip locked
    )
  `.execute(db);
}

/** Remembers that a query told of this payment's money before any notice of it came. */
export async function noteFound(tx: Tx, { id, provider, out_trade_no }: Payment): Promise<void> {
  await tx
    .updateTable("payments")
    .set({ found_at: sql<Date>`coalesce(found_at, now())` })
    .where("id", "=", id)
    .where((payment) =>
      payment.not(
        payment.exists(
          payment
            .selectFrom("callbacks")
            .select("id")
            .where("out_trade_no", "=", out_trade_no)
            .where("provider", "=", provider)
            .where("status", "=", "succeeded"),
        ),
      ),
    )
    .execute();
}

/** Whether an order has an attempt that was ended here while its gateway might still take money for it. */
export async function isAnyLeftOpen(db: Db, orderId: string): Promise<boolean> {
  const found = await db
    .selectFrom("payments")
    .select("id")
    .where("order_id", "=", orderId)
    .where("left_open", "=", true)
    .executeTakeFirst();
  return found !== undefined;
}

/** Started attempts of pending orders, by provider. */
export async function countOpen(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom("orders")
    .innerJoin("payments", "payments.order_id", "orders.id")
    .select((value) => ["payments.provider", value.fn.countAll<string>().as("count")])
    .where("orders.status", "=", "pending")
    .where("payments.status", "=", "processing")
    .groupBy("payments.provider")
    .execute();
  return new Map(rows.map(({ provider, count }) => [provider, Number(count)]));
}
