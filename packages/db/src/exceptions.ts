import {
  Fault,
  type ExceptionAction,
  type ExceptionKind,
  type ExceptionState,
  type OrderState,
  type PaymentState,
  type RefundState,
  suggestedAction,
} from "@zhanggui/domain";
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
  /** The query that was answered, when no callback proves it. */
  readonly evidence?: string | undefined;
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
      evidence: exception.callbackId ?? exception.evidence ?? null,
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

const noProposal = {
  proposed_action: null,
  proposed_by: null,
  proposed_reason: null,
  proposed_at: null,
  proposed_order_id: null,
};

/** Closes the exception of a kind and subject that is open, because what it was about came right. Answers its id. */
export async function settleBySubject(
  tx: Tx,
  { kind, subject }: { readonly kind: ExceptionKind; readonly subject: string },
): Promise<string | undefined> {
  const closed = await tx
    .updateTable("exceptions")
    .set({ state: "resolved", resolved_at: sql`now()`, ...noProposal })
    .where("kind", "=", kind)
    .where("subject", "=", subject)
    .where("state", "=", "open")
    .returning("id")
    .executeTakeFirst();
  return closed?.id;
}

/** Closes an open exception because what it was about came right. Answers whether it was open. */
export async function settle(tx: Tx, id: string): Promise<boolean> {
  const closed = await tx
    .updateTable("exceptions")
    .set({ state: "resolved", resolved_at: sql`now()`, ...noProposal })
    .where("id", "=", id)
    .where("state", "=", "open")
    .returning("id")
    .executeTakeFirst();
  return closed !== undefined;
}

/** Whether the case of a kind and subject was opened once and is closed. */
export async function isResolved(
  tx: Tx,
  { kind, subject }: { readonly kind: ExceptionKind; readonly subject: string },
): Promise<boolean> {
  const found = await tx
    .selectFrom("exceptions")
    .select("state")
    .where("kind", "=", kind)
    .where("subject", "=", subject)
    .executeTakeFirst();
  return found?.state === "resolved";
}

export function find(db: Db, id: string): Promise<ExceptionCase | undefined> {
  return db.selectFrom("exceptions").selectAll().where("id", "=", id).executeTakeFirst();
}

/** After the order, its payments and the receipt: two people who act on one case at once act one after the other. */
export function lock(tx: Tx, id: string): Promise<ExceptionCase | undefined> {
  return tx.selectFrom("exceptions").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
}

export type Resolution = {
  readonly action: ExceptionAction;
  readonly by: string;
  readonly reason: string;
  /** The order that a person has named for money without one. */
  readonly orderId: string | null;
  readonly paymentId: string | null;
};

/** Closes a case as a person decided. Compare and set: it moves only if it is still open. */
export async function resolve(
  tx: Tx,
  id: string,
  { action, by, reason, orderId, paymentId }: Resolution,
): Promise<ExceptionCase> {
  const resolved = await tx
    .updateTable("exceptions")
    .set({
      state: "resolved",
      resolved_at: sql`now()`,
      resolution: action,
      resolved_by: by,
      resolve_reason: reason,
      order_id: orderId,
      payment_id: paymentId,
      ...noProposal,
    })
    .where("id", "=", id)
    .where("state", "=", "open")
    .returningAll()
    .executeTakeFirst();
  if (resolved === undefined) throw new Fault("already_resolved", { exceptionId: id });
  return resolved;
}

export type Proposal = {
  readonly action: ExceptionAction;
  readonly by: string;
  readonly reason: string;
  readonly orderId: string | null;
};

/** Keeps what one person has asked for until a second one confirms it; `undefined` takes it back. */
export function propose(tx: Tx, id: string, proposal: Proposal | undefined): Promise<ExceptionCase> {
  const columns =
    proposal === undefined
      ? noProposal
      : {
          proposed_action: proposal.action,
          proposed_by: proposal.by,
          proposed_reason: proposal.reason,
          proposed_at: sql<Date>`now()`,
          proposed_order_id: proposal.orderId,
        };
  return tx.updateTable("exceptions").set(columns).where("id", "=", id).returningAll().executeTakeFirstOrThrow();
}

export function assign(tx: Tx, id: string, owner: string | null): Promise<ExceptionCase> {
  return tx.updateTable("exceptions").set({ owner }).where("id", "=", id).returningAll().executeTakeFirstOrThrow();
}

export type ExceptionFilter = {
  readonly state?: ExceptionState | undefined;
  readonly kind?: ExceptionKind | undefined;
  readonly owner?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
};

/** Newest first. */
export function page(db: Db, { state, kind, owner, cursor, limit }: ExceptionFilter): Promise<ExceptionCase[]> {
  return db
    .selectFrom("exceptions")
    .selectAll()
    .$if(state !== undefined, (query) => query.where("state", "=", state ?? "open"))
    .$if(kind !== undefined, (query) => query.where("kind", "=", kind ?? "late_payment"))
    .$if(owner !== undefined, (query) => query.where("owner", "=", owner ?? ""))
    .$if(cursor !== undefined, (query) => query.where("id", "<", cursor ?? ""))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}

export function ofOrder(db: Db, orderId: string): Promise<ExceptionCase[]> {
  return db.selectFrom("exceptions").selectAll().where("order_id", "=", orderId).orderBy("id").execute();
}

/** What a case is about, as the rows stand now. Empty where there is no such row. */
export type Standing = {
  readonly id: string;
  readonly overdue: boolean;
  readonly order_id: string | null;
  readonly order_status: OrderState | null;
  readonly order_currency: string | null;
  /** Whether it was paid once, whatever became of it. */
  readonly was_paid: boolean;
  /** Whether all of a cancelled order's pieces could be reserved again. */
  readonly has_stock: boolean;
  /** Providers of the order's attempts that were started and did not succeed. */
  readonly started_providers: readonly string[];
  /** The provider of the attempt that the case names. */
  readonly payment_provider: string | null;
  /** The refund that the case is about. */
  readonly refund_id: string | null;
  readonly refund_status: RefundState | null;
  readonly provider: string | null;
  readonly transaction_id: string | null;
  readonly currency: string | null;
  /** Of the receipt: all, and what is neither back, nor on its way back, nor written off. */
  readonly amount: string | null;
  readonly rest: string | null;
  /** The payment that the receipt is booked for. */
  readonly booked_payment_id: string | null;
  readonly booked_status: PaymentState | null;
  readonly booked_transaction_id: string | null;
  readonly booked_effective: boolean | null;
};

/**
 * Where the money and the order of some cases stand. A subject says what a case is about: `transaction:<provider>:<its
 * id>` or `refund:<provider>:<our number>`. `orderId` stands in for the order of a case that has none.
 */
export async function standings(db: Db, ids: readonly string[], orderId?: string): Promise<Map<string, Standing>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<Standing>`
    with told as (
      select *, split_part(subject, ':', 1) as thing, split_part(subject, ':', 2) as told_by,
        substr(subject, length(split_part(subject, ':', 1)) + length(split_part(subject, ':', 2)) + 3) as name
      from exceptions where id = any(${[...ids]}::text[])
    )
    select told.id, told.state = 'open' and told.due_at < now() as overdue,
      orders.id as order_id, orders.status as order_status, orders.currency as order_currency,
      orders.paid_at is not null as was_paid,
      coalesce((select bool_and(products.available >= stock_holds.quantity) from stock_holds join products using (sku)
        where stock_holds.order_id = orders.id and stock_holds.state = 'released'), false) as has_stock,
      array(select payments.provider from payments where payments.order_id = orders.id
        and payments.started_at is not null and payments.status <> 'succeeded') as started_providers,
      named.provider as payment_provider, refunds.id as refund_id, refunds.status as refund_status,
      receipts.provider, receipts.transaction_id, receipts.currency, receipts.amount,
      case when receipts.written_off_at is null then receipts.amount - receipts.refunded - receipts.refund_reserved
           else 0.00 end as rest,
      booked.id as booked_payment_id, booked.status as booked_status,
      booked.transaction_id as booked_transaction_id, booked.effective as booked_effective
    from told
    left join orders on orders.id = coalesce(told.order_id, ${orderId ?? null}::text)
    left join payments as named on named.id = told.payment_id
    left join refunds on told.thing = 'refund' and refunds.provider = told.told_by and refunds.out_refund_no = told.name
    left join receipts on receipts.provider = told.told_by
      and receipts.transaction_id = case told.thing when 'transaction' then told.name else refunds.transaction_id end
    left join payments as booked on booked.id = receipts.payment_id
  `.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Cases of some kinds that were opened in the last days, newest first. */
export function ofKindsSince(
  db: Db,
  { kinds, days, limit }: { readonly kinds: readonly ExceptionKind[]; readonly days: number; readonly limit: number },
): Promise<ExceptionCase[]> {
  return db
    .selectFrom("exceptions")
    .selectAll()
    .where("kind", "in", kinds)
    .where("created_at", ">=", sql<Date>`now() - make_interval(days => ${days})`)
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}
