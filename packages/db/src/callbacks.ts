import { type CallbackState, Fault, type Notice } from "@zhanggui/domain";
import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { Callback } from "./schema.ts";

export type Recorded = {
  readonly id: string;
  readonly state: CallbackState;
  /** 1 when this delivery was the first of its event. */
  readonly deliveries: number;
};

export type Delivery = {
  readonly id: string;
  readonly provider: string;
  readonly notice: Notice;
  /** The name of the key that it was verified with. */
  readonly verifiedBy: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** One row for each event, whatever number of times it is delivered; a repeat is counted on the first one's row. */
export function record(db: Db, { id, provider, notice, verifiedBy, headers, body }: Delivery): Promise<Recorded> {
  return db
    .insertInto("callbacks")
    .values({
      id,
      provider,
      event_key: notice.eventKey,
      event_type: notice.eventType,
      status: notice.status,
      raw_status: notice.rawStatus,
      out_trade_no: notice.outTradeNo,
      transaction_id: notice.transactionId ?? null,
      amount_minor: notice.amountMinor,
      currency: notice.currency,
      out_refund_no: notice.outRefundNo ?? null,
      refund_minor: notice.refundMinor ?? null,
      occurred_at: notice.occurredAt ?? null,
      verified_by: verifiedBy,
      headers: JSON.stringify(headers),
      body: Buffer.from(body),
    })
    .onConflict((conflict) =>
      conflict.columns(["provider", "event_key"]).doUpdateSet((row) => ({
        deliveries: sql`${row.ref("callbacks.deliveries")} + 1`,
        last_received_at: sql`now()`,
      })),
    )
    .returning(["id", "state", "deliveries"])
    .executeTakeFirstOrThrow();
}

export function find(db: Db, id: string): Promise<Callback | undefined> {
  return db.selectFrom("callbacks").selectAll().where("id", "=", id).executeTakeFirst();
}

/** What a notice states, without its bytes: all that settlement reads. */
export type StatedCallback = Omit<Callback, "headers" | "body">;

/** A notice and the payment it speaks of, in one round trip. A number known under another provider is not a match. */
export async function findWithPayment(
  db: Db,
  id: string,
): Promise<
  | { readonly row: StatedCallback; readonly payment: { readonly id: string; readonly orderId: string } | undefined }
  | undefined
> {
  const found = await db
    .selectFrom("callbacks")
    .leftJoin("payments", (join) =>
      join
        .onRef("payments.out_trade_no", "=", "callbacks.out_trade_no")
        .onRef("payments.provider", "=", "callbacks.provider"),
    )
    .select([
      "callbacks.id",
      "callbacks.provider",
      "callbacks.event_key",
      "callbacks.event_type",
      "callbacks.state",
      "callbacks.outcome",
      "callbacks.status",
      "callbacks.raw_status",
      "callbacks.out_trade_no",
      "callbacks.transaction_id",
      "callbacks.amount_minor",
      "callbacks.currency",
      "callbacks.out_refund_no",
      "callbacks.refund_minor",
      "callbacks.occurred_at",
      "callbacks.order_id",
      "callbacks.payment_id",
      "callbacks.verified_by",
      "callbacks.deliveries",
      "callbacks.attempts",
      "callbacks.error",
      "callbacks.received_at",
      "callbacks.last_received_at",
      "callbacks.settled_at",
      "payments.id as known_payment_id",
      "payments.order_id as known_order_id",
    ])
    .where("callbacks.id", "=", id)
    .executeTakeFirst();
  if (found === undefined) return undefined;
  const { known_payment_id, known_order_id, ...row } = found;
  const payment =
    known_payment_id === null || known_order_id === null
      ? undefined
      : { id: known_payment_id, orderId: known_order_id };
  return { row, payment };
}

/** The notice that was recorded, as it was read when its signature was verified. */
export function noticeOf(row: StatedCallback): Notice {
  return {
    eventType: row.event_type,
    eventKey: row.event_key,
    outTradeNo: row.out_trade_no,
    amountMinor: Number(row.amount_minor),
    currency: row.currency,
    status: row.status,
    rawStatus: row.raw_status,
    ...(row.transaction_id === null ? {} : { transactionId: row.transaction_id }),
    ...(row.occurred_at === null ? {} : { occurredAt: row.occurred_at }),
    ...(row.out_refund_no === null ? {} : { outRefundNo: row.out_refund_no }),
    ...(row.refund_minor === null ? {} : { refundMinor: Number(row.refund_minor) }),
  };
}

export type Settlement = {
  readonly state: Exclude<CallbackState, "received">;
  readonly outcome: string;
  readonly orderId?: string | undefined;
  readonly paymentId?: string | undefined;
};

/** Writes what became of a notice, once: compare and set, so that of two runs one is rolled back. */
export async function settle(tx: Tx, id: string, { state, outcome, orderId, paymentId }: Settlement): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable("callbacks")
    .set({
      state,
      outcome,
      error: null,
      settled_at: sql`now()`,
      attempts: sql`attempts + 1`,
      order_id: orderId ?? null,
      payment_id: paymentId ?? null,
    })
    .where("id", "=", id)
    .where("state", "=", "received")
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Fault("state_changed_meanwhile", { callbackId: id });
}

/** Notes that settling failed; `final` when the job will not come back by itself. */
export async function fail(
  db: Db,
  id: string,
  { error, final }: { readonly error: string; readonly final: boolean },
): Promise<void> {
  await db
    .updateTable("callbacks")
    .set({ error, attempts: sql`attempts + 1`, ...(final ? { state: "failed" as const } : {}) })
    .where("id", "=", id)
    .where("state", "=", "received")
    .execute();
}

/**
 * Puts failed or parked notices back to `received`, so that settlement takes them up again.
 *
 * @returns the ids that were in one of `from` and now wait.
 */
export async function rearm(
  tx: Tx,
  ids: readonly string[],
  from: readonly ("failed" | "parked")[],
): Promise<Pick<Callback, "id" | "provider" | "event_key">[]> {
  if (ids.length === 0) return [];
  return tx
    .updateTable("callbacks")
    .set({ state: "received", outcome: null, settled_at: null, last_received_at: sql`now()` })
    .where("id", "in", ids)
    .where("state", "in", from)
    .returning(["id", "provider", "event_key"])
    .execute();
}

/** Puts the refunds' successes back in line that were parked for a number whose money was not known. */
export function rearmRefunds(
  tx: Tx,
  { provider, outTradeNo }: { readonly provider: string; readonly outTradeNo: string },
): Promise<Pick<Callback, "id">[]> {
  return tx
    .updateTable("callbacks")
    .set({ state: "received", outcome: null, settled_at: null, last_received_at: sql`now()` })
    .where("out_trade_no", "=", outTradeNo)
    .where("provider", "=", provider)
    .where("status", "=", "refund_succeeded")
    .where("state", "=", "parked")
    .returning("id")
    .execute();
}

/** Lets a notice go that was parked for a person, because one has decided; with it all that told of the same money. */
export async function unpark(
  tx: Tx,
  id: string,
  {
    outcome,
    orderId,
    paymentId,
  }: { readonly outcome: string; readonly orderId: string | null; readonly paymentId: string | null },
): Promise<void> {
  await tx
    .updateTable("callbacks")
    .set({ state: "processed", outcome, order_id: orderId, payment_id: paymentId })
    .where("state", "=", "parked")
    .where((either) =>
      either.or([
        either("id", "=", id),
        either.and([
          either("outcome", "=", "unmatched_payment"),
          sql<boolean>`(provider, transaction_id) = (select provider, transaction_id from callbacks where id = ${id})`,
        ]),
      ]),
    )
    .execute();
}

/** Notices that were acknowledged and have waited for their settlement for `ageSeconds` or longer, oldest first. */
export function unsettled(
  db: Db,
  {
    ageSeconds,
    limit,
    after,
  }: { readonly ageSeconds: number; readonly limit: number; readonly after: string | undefined },
): Promise<Pick<Callback, "id" | "provider" | "event_key" | "attempts">[]> {
  return db
    .selectFrom("callbacks")
    .select(["id", "provider", "event_key", "attempts"])
    .where("state", "=", "received")
    .where("last_received_at", "<=", sql<Date>`now() - make_interval(secs => ${ageSeconds})`)
    .$if(after !== undefined, (query) => query.where("id", ">", after ?? ""))
    .orderBy("id")
    .limit(limit)
    .execute();
}

export type CallbackFilter = {
  readonly state?: CallbackState | undefined;
  readonly provider?: string | undefined;
  readonly outTradeNo?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
};

/** Newest first. */
export function page(db: Db, filter: CallbackFilter): Promise<Callback[]> {
  const { state, provider, outTradeNo, cursor, limit } = filter;
  return db
    .selectFrom("callbacks")
    .selectAll()
    .$if(state !== undefined, (query) => query.where("state", "=", state ?? "failed"))
    .$if(provider !== undefined, (query) => query.where("provider", "=", provider ?? ""))
    .$if(outTradeNo !== undefined, (query) => query.where("out_trade_no", "=", outTradeNo ?? ""))
    .$if(cursor !== undefined, (query) => query.where("id", "<", cursor ?? ""))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}

/** Every notice about an order's payments, also those that could not be matched to a row. */
export function ofOrder(db: Db, orderId: string): Promise<Callback[]> {
  return db
    .selectFrom("callbacks")
    .selectAll()
    .where("out_trade_no", "in", db.selectFrom("payments").select("out_trade_no").where("order_id", "=", orderId))
    .orderBy("id")
    .execute();
}

/** How many notices wait, and for how many seconds the oldest of them has. */
export async function lag(db: Db): Promise<{ readonly waiting: number; readonly oldestSeconds: number }> {
  const row = await db
    .selectFrom("callbacks")
    .select((value) => [
      value.fn.countAll<string>().as("waiting"),
      sql<string | null>`extract(epoch from now() - min(received_at))`.as("oldest"),
    ])
    .where("state", "=", "received")
    .executeTakeFirstOrThrow();
  return { waiting: Number(row.waiting), oldestSeconds: Number(row.oldest ?? 0) };
}
