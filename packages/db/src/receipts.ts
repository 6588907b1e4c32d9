import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { Receipt } from "./schema.ts";

/** One gateway transaction, which is one receipt. */
export type ReceiptKey = { readonly provider: string; readonly transactionId: string };

export type NewReceipt = Omit<Receipt, "booked_at" | "refunded" | "refund_reserved" | "written_off_at">;

export type Booked = {
  /** The payment that the transaction is booked for: another one's, when a gateway names one transaction twice. */
  readonly paymentId: string | null;
  /** The amount and the currency it was first stated with. */
  readonly amount: string;
  readonly currency: string;
  /** Whether some of it went back, is on its way back or was written off: it can pay no order any more. */
  readonly isGoingBack: boolean;
};

const bookedColumns = [
  "payment_id",
  "amount",
  "currency",
  sql<boolean>`receipts.refunded + receipts.refund_reserved > 0 or receipts.written_off_at is not null`.as(
    "is_going_back",
  ),
] as const;

function bookedOf(
  row: Pick<Receipt, "payment_id" | "amount" | "currency"> & { readonly is_going_back: boolean },
): Booked {
  const { payment_id: paymentId, amount, currency, is_going_back: isGoingBack } = row;
  return { paymentId, amount, currency, isGoingBack };
}

/**
 * Books money that a gateway says it took. A transaction that is booked already keeps its row, except that a match
 * found later is filled in.
 */
export async function book(tx: Tx, receipt: NewReceipt): Promise<Booked & { readonly isNew: boolean }> {
  const booked = await tx
    .insertInto("receipts")
    .values(receipt)
    .onConflict((conflict) =>
      conflict.columns(["provider", "transaction_id"]).doUpdateSet((row) => ({
        payment_id: sql`coalesce(${row.ref("receipts.payment_id")}, ${row.ref("excluded.payment_id")})`,
        order_id: sql`coalesce(${row.ref("receipts.order_id")}, ${row.ref("excluded.order_id")})`,
      })),
    )
    .returning([...bookedColumns, sql<boolean>`receipts.xmax = 0`.as("is_new")])
    .executeTakeFirstOrThrow();
  return { ...bookedOf(booked), isNew: booked.is_new };
}

/** Where a transaction stands in the book, without writing. */
export async function find(db: Db, { provider, transactionId }: ReceiptKey): Promise<Booked | undefined> {
  const row = await db
    .selectFrom("receipts")
    .select(bookedColumns)
    .where("provider", "=", provider)
    .where("transaction_id", "=", transactionId)
    .executeTakeFirst();
  return row && bookedOf(row);
}

/** Corrects the amount of a transaction that its gateway has stated anew. */
export async function restate(
  tx: Tx,
  {
    provider,
    transaction_id,
    amount,
    callback_id,
  }: Pick<Receipt, "provider" | "transaction_id" | "amount" | "callback_id">,
): Promise<void> {
  await tx
    .updateTable("receipts")
    .set({ amount, callback_id })
    .where("provider", "=", provider)
    .where("transaction_id", "=", transaction_id)
    .execute();
}

export function ofOrder(db: Db, orderId: string): Promise<Receipt[]> {
  return db.selectFrom("receipts").selectAll().where("order_id", "=", orderId).orderBy("booked_at").execute();
}

/** The receipt itself, without a lock. */
export function read(db: Db, { provider, transactionId }: ReceiptKey): Promise<Receipt | undefined> {
  return db
    .selectFrom("receipts")
    .selectAll()
    .where("provider", "=", provider)
    .where("transaction_id", "=", transactionId)
    .executeTakeFirst();
}

/** Third in the lock order, after the order and its payments: whoever writes a refund holds its receipt. */
export function lock(tx: Tx, { provider, transactionId }: ReceiptKey): Promise<Receipt | undefined> {
  return tx
    .selectFrom("receipts")
    .selectAll()
    .where("provider", "=", provider)
    .where("transaction_id", "=", transactionId)
    .forUpdate()
    .executeTakeFirst();
}

/** Money that came under one of our numbers: more than one row when a gateway took it twice. */
export function ofOutTradeNo(
  db: Db,
  { provider, outTradeNo }: { readonly provider: string; readonly outTradeNo: string },
): Promise<Receipt[]> {
  return db
    .selectFrom("receipts")
    .selectAll()
    .where("out_trade_no", "=", outTradeNo)
    .where("provider", "=", provider)
    .orderBy("booked_at")
    .limit(2)
    .execute();
}

/** Tells the book what money is for that came under a number of nobody, once a person has said it. */
export async function attribute(
  tx: Tx,
  { provider, transaction_id }: Pick<Receipt, "provider" | "transaction_id">,
  { orderId, paymentId }: { readonly orderId: string; readonly paymentId: string },
): Promise<void> {
  await tx
    .updateTable("receipts")
    .set({ order_id: orderId, payment_id: paymentId })
    .where("provider", "=", provider)
    .where("transaction_id", "=", transaction_id)
    .where("payment_id", "is", null)
    .execute();
}

/** Marks what is left of a receipt as settled outside of this system: it pays nothing any more. */
export async function writeOff(
  tx: Tx,
  { provider, transaction_id }: Pick<Receipt, "provider" | "transaction_id">,
): Promise<void> {
  await tx
    .updateTable("receipts")
    .set({ written_off_at: sql<Date>`now()` })
    .where("provider", "=", provider)
    .where("transaction_id", "=", transaction_id)
    .execute();
}

/** The receipt that made an order paid. */
export async function effectiveOf(db: Db, orderId: string): Promise<Receipt | undefined> {
  return db
    .selectFrom("receipts")
    .innerJoin("payments", (join) =>
      join
        .onRef("payments.provider", "=", "receipts.provider")
        .onRef("payments.transaction_id", "=", "receipts.transaction_id"),
    )
    .selectAll("receipts")
    .where("payments.order_id", "=", orderId)
    .where("payments.effective", "=", true)
    .executeTakeFirst();
}

/** How the amount of a refund moves between the two columns; every move is refused where it would overdraw. */
export type RefundMovement =
  /** Asked for: kept from every other refund. */
  | "reserve"
  /** Refused by the gateway: free again. */
  | "free"
  /** Back with the buyer. */
  | "give_back"
  /** Back with the buyer, though it was not reserved (any more). */
  | "give_back_unreserved";

const refundMovements = {
  reserve: { refunded: 0, reserved: 1 },
  free: { refunded: 0, reserved: -1 },
  give_back: { refunded: 1, reserved: -1 },
  give_back_unreserved: { refunded: 1, reserved: 0 },
} as const satisfies Record<RefundMovement, { readonly refunded: number; readonly reserved: number }>;

/**
 * Moves a refund's amount in one statement that moves nothing when the receipt does not hold it.
 *
 * @param amount yuan text above zero.
 * @returns the receipt afterwards; `undefined` when the amount is not there.
 */
export async function moveRefund(
  tx: Tx,
  { provider, transactionId }: ReceiptKey,
  { movement, amount }: { readonly movement: RefundMovement; readonly amount: string },
): Promise<Receipt | undefined> {
  const { refunded, reserved } = refundMovements[movement];
  return tx
    .updateTable("receipts")
    .set({
      refunded: sql`refunded + ${refunded}::int * ${amount}::numeric`,
      refund_reserved: sql`refund_reserved + ${reserved}::int * ${amount}::numeric`,
    })
    .where("provider", "=", provider)
    .where("transaction_id", "=", transactionId)
    .where(sql<boolean>`refund_reserved + ${reserved}::int * ${amount}::numeric >= 0`)
    .where(sql<boolean>`refunded + refund_reserved + ${refunded + reserved}::int * ${amount}::numeric <= amount`)
    .returningAll()
    .executeTakeFirst();
}
