import type { Db, Tx } from "./connection.ts";
import type { Receipt } from "./schema.ts";

export type NewReceipt = Omit<Receipt, "booked_at">;

/**
 * Books money that a gateway says it took. A transaction that is booked already keeps its first row, except that a
 * match found later is filled in.
 */
export async function book(tx: Tx, receipt: NewReceipt): Promise<void> {
  await tx
    .insertInto("receipts")
    .values(receipt)
    .onConflict((conflict) =>
      conflict
        .columns(["provider", "transaction_id"])
        .doUpdateSet({ order_id: receipt.order_id, payment_id: receipt.payment_id })
        .where("receipts.payment_id", "is", null),
    )
    .execute();
}

export function ofOrder(db: Db, orderId: string): Promise<Receipt[]> {
  return db.selectFrom("receipts").selectAll().where("order_id", "=", orderId).orderBy("booked_at").execute();
}
