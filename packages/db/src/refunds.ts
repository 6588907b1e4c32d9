import { Fault, type RefundEnd, type RefundOrigin, type RefundState } from "@zhanggui/domain";
import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { ReceiptKey } from "./receipts.ts";
import type { Refund } from "./schema.ts";

export type NewRefund = ReceiptKey & {
  readonly id: string;
  readonly orderId: string | null;
  readonly paymentId: string | null;
  /** Yuan text. */
  readonly amount: string;
  readonly currency: string;
  readonly outRefundNo: string;
  readonly reason: string;
  readonly endsOrderAs: RefundEnd | null;
  readonly restock: boolean;
  readonly exceptionId: string | null;
} & (
    | { readonly origin: Extract<RefundOrigin, "shop"> }
    | { readonly origin: Extract<RefundOrigin, "gateway">; readonly succeededAt: Date | undefined }
  );

/** A refund to be asked for, or one that its gateway made by itself and reports as done. */
export function insert(tx: Tx, refund: NewRefund): Promise<Refund> {
  return tx
    .insertInto("refunds")
    .values({
      id: refund.id,
      provider: refund.provider,
      transaction_id: refund.transactionId,
      order_id: refund.orderId,
      payment_id: refund.paymentId,
      amount: refund.amount,
      currency: refund.currency,
      out_refund_no: refund.outRefundNo,
      reason: refund.reason,
      ends_order_as: refund.endsOrderAs,
      restock: refund.restock,
      exception_id: refund.exceptionId,
      origin: refund.origin,
      ...(refund.origin === "shop"
        ? { status: "created" as const }
        : { status: "succeeded" as const, next_ask_at: null, succeeded_at: refund.succeededAt ?? sql<Date>`now()` }),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function find(db: Db, id: string): Promise<Refund | undefined> {
  return db.selectFrom("refunds").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Which refund a notice speaks of. The gateway's own number is not known before its answer, so ours is what counts. */
export function findByOutRefundNo(
  db: Db,
  { provider, outRefundNo }: { readonly provider: string; readonly outRefundNo: string },
): Promise<Refund | undefined> {
  return db
    .selectFrom("refunds")
    .selectAll()
    .where("provider", "=", provider)
    .where("out_refund_no", "=", outRefundNo)
    .executeTakeFirst();
}

/** The caller holds the refund's order and its receipt. */
export function lock(tx: Tx, id: string): Promise<Refund | undefined> {
  return tx.selectFrom("refunds").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
}

export type RefundChange = {
  readonly to: RefundState;
  readonly refundId?: string | undefined;
  readonly error?: string | undefined;
  readonly succeededAt?: Date | undefined;
};

/** Compare and set: the row moves only if it still stands where the ruling saw it. An end is asked about no more. */
export async function move(tx: Tx, refund: Pick<Refund, "id" | "status">, change: RefundChange): Promise<Refund> {
  const { to, refundId, error, succeededAt } = change;
  const isOver = to === "succeeded" || to === "failed" || to === "abnormal";
  const moved = await tx
    .updateTable("refunds")
    .set({
      status: to,
      refund_id: sql`coalesce(${refundId ?? null}, refund_id)`,
      error: error ?? null,
      succeeded_at: to === "succeeded" ? (succeededAt ?? sql<Date>`now()`) : null,
      ...(isOver ? { next_ask_at: null } : {}),
    })
    .where("id", "=", refund.id)
    .where("status", "=", refund.status)
    .returningAll()
    .executeTakeFirst();
  if (moved === undefined) throw new Fault("state_changed_meanwhile", { refundId: refund.id });
  return moved;
}

/** Keeps why nothing is known yet. */
export async function note(tx: Tx, id: string, error: string): Promise<void> {
  await tx.updateTable("refunds").set({ error }).where("id", "=", id).execute();
}

/**
 * Claims the next ask of a refund that is due to be asked about, and puts off the one after it: of two workers one gets
 * it, and one that dies in the middle is followed by the next ask.
 *
 * @param pausesInSeconds until the ask after the next, by how many there were; the last counts for all later ones.
 */
export async function claimAsk(db: Db, id: string, pausesInSeconds: readonly number[]): Promise<Refund | undefined> {
  const last = pausesInSeconds.length;
  return db
    .updateTable("refunds")
    .set({
      asks: sql`asks + 1`,
      next_ask_at: sql`now() + make_interval(secs => (${[...pausesInSeconds]}::int[])[least(asks + 1, ${last}::int)])`,
    })
    .where("id", "=", id)
    .where("next_ask_at", "<=", sql<Date>`now()`)
    .returningAll()
    .executeTakeFirst();
}

/** Makes a refund that is not over due to be asked about at once. */
export async function askNow(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable("refunds")
    .set({ next_ask_at: sql`now()` })
    .where("id", "=", id)
    .where("status", "not in", ["succeeded", "failed"])
    .execute();
}

/** No more is to be asked about a refund that its gateway has called abnormal, until it says something else. */
export async function stopAsking(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable("refunds")
    .set({ next_ask_at: null })
    .where("id", "=", id)
    .where("status", "=", "abnormal")
    .execute();
}

/** Ids of refunds whose gateway is to be asked now, the longest due first. */
export async function due(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom("refunds")
    .select("id")
    .where("next_ask_at", "<=", sql<Date>`now()`)
    .orderBy("next_ask_at")
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** How many seconds ago a refund was asked for, by the database's clock. */
export async function ageInSeconds(db: Db, id: string): Promise<number> {
  const { age } = await db
    .selectFrom("refunds")
    .select(sql<number>`extract(epoch from clock_timestamp() - created_at)::float8`.as("age"))
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return age;
}

export function ofOrder(db: Db, orderId: string): Promise<Refund[]> {
  return db.selectFrom("refunds").selectAll().where("order_id", "=", orderId).orderBy("id").execute();
}

/** All refunds of a receipt that the caller has locked, oldest first. */
export function ofReceipt(tx: Tx, { provider, transactionId }: ReceiptKey): Promise<Refund[]> {
  return tx
    .selectFrom("refunds")
    .selectAll()
    .where("provider", "=", provider)
    .where("transaction_id", "=", transactionId)
    .orderBy("id")
    .execute();
}

/** Whether a refund of all that is left of the order's money was asked for and did not fail. */
export async function isEnding(tx: Tx, orderId: string): Promise<boolean> {
  const ending = await tx
    .selectFrom("refunds")
    .select("id")
    .where("order_id", "=", orderId)
    .where("ends_order_as", "is not", null)
    .where("status", "<>", "failed")
    .executeTakeFirst();
  return ending !== undefined;
}

export type RefundCounts = {
  readonly byStatus: Readonly<Record<RefundState, number>>;
  /** Age of the oldest refund whose outcome is not known, in seconds. */
  readonly oldestUnknownSeconds: number;
};

export async function counts(db: Db): Promise<RefundCounts> {
  const rows = await db
    .selectFrom("refunds")
    .select((value) => [
      "status",
      value.fn.countAll<string>().as("count"),
      sql<string>`extract(epoch from now() - min(created_at))`.as("oldest"),
    ])
    .groupBy("status")
    .execute();
  const found = new Map(rows.map(({ status, count }) => [status, Number(count)]));
  const of = (status: RefundState) => found.get(status) ?? 0;
  return {
    byStatus: {
      created: of("created"),
      processing: of("processing"),
      unknown: of("unknown"),
      succeeded: of("succeeded"),
      failed: of("failed"),
      abnormal: of("abnormal"),
    },
    oldestUnknownSeconds: Number(rows.find(({ status }) => status === "unknown")?.oldest ?? 0),
  };
}
