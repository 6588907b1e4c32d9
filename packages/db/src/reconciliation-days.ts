import { sql } from "kysely";

import type { Db } from "./connection.ts";
import type { Payment, Receipt, Refund } from "./schema.ts";

/** What one provider did between two moments, page by page. */
export type DayPage<Cursor> = {
  readonly provider: string;
  readonly from: Date;
  readonly to: Date;
  readonly after: Cursor | undefined;
  readonly limit: number;
};

export type BookedPayment = { readonly receipt: Receipt; readonly payment: Payment };
export type ReceiptCursor = Pick<Receipt, "booked_at" | "transaction_id">;

/** Money that was booked for a payment of ours, oldest first. */
export async function receiptsOfDay(db: Db, page: DayPage<ReceiptCursor>): Promise<BookedPayment[]> {
  const { provider, from, to, after, limit } = page;
  const booked = await db
    .selectFrom("receipts")
    .selectAll()
    .where("provider", "=", provider)
    .where("payment_id", "is not", null)
    .where("booked_at", ">=", from)
    .where("booked_at", "<", to)
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(booked_at, transaction_id) > (${after?.booked_at ?? from}, ${after?.transaction_id ?? ""}::text)`,
      ),
    )
    .orderBy("booked_at")
    .orderBy("transaction_id")
    .limit(limit)
    .execute();
  const ids = booked.flatMap(({ payment_id }) => (payment_id === null ? [] : [payment_id]));
  if (ids.length === 0) return [];
  const paid = await db.selectFrom("payments").selectAll().where("id", "in", ids).execute();
  const byId = new Map(paid.map((payment) => [payment.id, payment]));
  return booked.flatMap((receipt) => {
    const payment = byId.get(receipt.payment_id ?? "");
    return payment === undefined ? [] : [{ receipt, payment }];
  });
}

/** An attempt is started within so long after it was made, because its order has a deadline. */
const startedWithinMs = 24 * 60 * 60 * 1000;

/** Attempts that were started, and for which no money is booked. Their ids grow with time, which is the index. */
export function unpaidOfDay(db: Db, { provider, from, to, after, limit }: DayPage<string>): Promise<Payment[]> {
  return db
    .selectFrom("payments")
    .selectAll()
    .where("id", ">", after ?? idAt(from.getTime() - startedWithinMs))
    .where("id", "<", idAt(to.getTime()))
    .where("provider", "=", provider)
    .where("started_at", ">=", from)
    .where("started_at", "<", to)
    .where(sql<boolean>`not exists (select from receipts where receipts.provider = payments.provider
      and receipts.order_id = payments.order_id and receipts.payment_id = payments.id)`)
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** The first id of a moment: a version 7 UUID begins with its milliseconds. */
function idAt(ms: number): string {
  return `pay_${ms.toString(16).padStart(12, "0")}`;
}

/** Refunds of ours that were asked for, in no order that means anything. */
export function refundsOfDay(db: Db, { provider, from, to, after, limit }: DayPage<string>): Promise<Refund[]> {
  return db
    .selectFrom("refunds")
    .selectAll()
    .where("provider", "=", provider)
    .where("origin", "=", "shop")
    .where("created_at", ">=", from)
    .where("created_at", "<", to)
    .$if(after !== undefined, (query) => query.where("id", ">", after ?? ""))
    .orderBy("id")
    .limit(limit)
    .execute();
}
