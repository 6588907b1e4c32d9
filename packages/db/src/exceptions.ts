import { type ExceptionKind, type ExceptionState, suggestedAction } from "@zhanggui/domain";
import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { ExceptionCase } from "./schema.ts";

/** How long a person has for an exception before it counts as overdue. */
const dueAfterHours = 24;

export type NewException = {
  readonly id: string;
  /** What it is about: the same subject opens one exception of a kind. */
  readonly subject: string;
  readonly kind: ExceptionKind;
  readonly orderId: string | undefined;
  readonly paymentId: string | undefined;
  readonly callbackId: string | undefined;
  /** Yuan text, when money is at stake. */
  readonly amount: string | undefined;
  readonly detail: string;
};

/** Opens an exception; the same thing told again opens no second one. Answers whether it is new. */
export async function open(tx: Tx, exception: NewException): Promise<boolean> {
  const opened = await tx
    .insertInto("exceptions")
    .values({
      id: exception.id,
      subject: exception.subject,
      kind: exception.kind,
      order_id: exception.orderId ?? null,
      payment_id: exception.paymentId ?? null,
      callback_id: exception.callbackId ?? null,
      amount: exception.amount ?? null,
      detail: exception.detail,
      suggested_action: suggestedAction[exception.kind],
      due_at: sql`now() + make_interval(hours => ${dueAfterHours})`,
    })
    .onConflict((conflict) => conflict.columns(["kind", "subject"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  return opened !== undefined;
}

/** Closes the exception of a kind and subject that is open, because what it was about came right. Answers its id. */
export async function settleBySubject(
  tx: Tx,
  { kind, subject }: { readonly kind: ExceptionKind; readonly subject: string },
): Promise<string | undefined> {
  const closed = await tx
    .updateTable("exceptions")
    .set({ state: "resolved", resolved_at: sql`now()` })
    .where("kind", "=", kind)
    .where("subject", "=", subject)
    .where("state", "=", "open")
    .returning("id")
    .executeTakeFirst();
  return closed?.id;
}

/** Newest first. */
export function page(
  db: Db,
  {
    state,
    cursor,
    limit,
  }: { readonly state: ExceptionState | undefined; readonly cursor: string | undefined; readonly limit: number },
): Promise<ExceptionCase[]> {
  return db
    .selectFrom("exceptions")
    .selectAll()
    .$if(state !== undefined, (query) => query.where("state", "=", state ?? "open"))
    .$if(cursor !== undefined, (query) => query.where("id", "<", cursor ?? ""))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}

export function ofOrder(db: Db, orderId: string): Promise<ExceptionCase[]> {
  return db.selectFrom("exceptions").selectAll().where("order_id", "=", orderId).orderBy("id").execute();
}
