import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { Receipt } from "./schema.ts";

export type NewReceipt = Omit<Receipt, "booked_at">;

/**
 * Books money that a gateway says it took. A transaction that is booked already keeps its row, except that a match
 * found later is filled in.
 *
 * @returns the payment that the transaction is booked for: another one's, when a gateway names one transaction twice.
 */
export async function book(tx: Tx, receipt: NewReceipt): Promise<string | null> {
  const booked = await tx
    .insertInto("receipts")
    .values(receipt)
    .onConflict((conflict) =>
      conflict.columns(["provider", "transaction_id"]).doUpdateSet((row) => ({
        payment_id: sql`coalesce(${row.ref("receipts.payment_id")}, ${row.ref("excluded.payment_id")})`,
        order_id: sql`coalesce(${row.ref("receipts.order_id")}, ${row.ref("excluded.order_id")})`,
      })),
    )
    .returning("payment_id")
    .executeTakeFirstOrThrow();
  return booked.payment_id;
}

export function ofOrder(db: Db, orderId: string): Promise<Receipt[]> {
  return db.selectFrom("receipts").selectAll().where("order_id", "=", orderId).orderBy("booked_at").execute();
}
