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
  | { readonly to: "processing" }
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
      return { status, started_at: sql<Date>`now()` };
    case "succeeded":
      return {
        status,
        transaction_id: change.transactionId,
        succeeded_at: change.succeededAt ?? sql<Date>`now()`,
        effective: change.effective,
      };
    case "failed":
    case "cancelled":
    case "expired":
      return { status, closed_at: sql<Date>`now()` };
  }
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
