import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { Receipt } from "./schema.ts";

export type NewReceipt = Omit<Receipt, "booked_at">;

export type Booked = {
  /** The payment that the transaction is booked for: another one's, when a gateway names one transaction twice. */
  readonly paymentId: string | null;
  /** The amount it was first stated with. */
  readonly amount: string;
};

/**
 * Books money that a gateway says it took. A transaction that is booked already keeps its row, except that a match
 * found later is filled in.
 */
export async function book(tx: Tx, receipt: NewReceipt): Promise<Booked> {
  const booked = await tx
    .insertInto("receipts")
    .values(receipt)
    .onConflict((conflict) =>
      conflict.columns(["provider", "transaction_id"]).doUpdateSet((row) => ({
        payment_id: sql`coalesce(${row.ref("receipts.payment_id")}, ${row.ref("excluded.payment_id")})`,
        order_id: sql`coalesce(${row.ref("receipts.order_id")}, ${row.ref("excluded.order_id")})`,
      })),
    )
    .returning(["payment_id", "amount"])
    .executeTakeFirstOrThrow();
  return { paymentId: booked.payment_id, amount: booked.amount };
}

/** Where a transaction stands in the book, without writing. */
export async function find(
  db: Db,
  { provider, transactionId }: { readonly provider: string; readonly transactionId: string },
): Promise<Booked | undefined> {
  const row = await db
    .selectFrom("receipts")
    .select(["payment_id", "amount"])
    .where("provider", "=", provider)
    .where("transaction_id", "=", transactionId)
    .executeTakeFirst();
  return row && { paymentId: row.payment_id, amount: row.amount };
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
