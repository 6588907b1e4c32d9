import type { Db } from "./connection.ts";
import type { Refund } from "./schema.ts";

export function ofOrder(db: Db, orderId: string): Promise<Refund[]> {
  return db.selectFrom("refunds").selectAll().where("order_id", "=", orderId).orderBy("id").execute();
}
