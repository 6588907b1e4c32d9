import { Fault, type OrderState } from "@zhanggui/domain";
import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { Order, OrderLine, StockHold } from "./schema.ts";

export type NewOrder = {
  readonly id: string;
  readonly number: string;
  readonly customerId: string;
  readonly amount: string;
  readonly currency: string;
  readonly ttlSeconds: number;
  readonly lines: readonly {
    readonly sku: string;
    readonly name: string;
    readonly price: string;
    readonly quantity: number;
  }[];
};

/** Writes an order, its lines and their holds in one statement. The deadline is the database's now plus the ttl. */
export async function insert(tx: Tx, order: NewOrder): Promise<Order> {
  const { lines } = order;
  const { rows } = await sql<Order>`
    with placed as (
      insert into orders (id, number, customer_id, status, amount, currency, expires_at)
      values (${order.id}, ${order.number}, ${order.customerId}, 'pending', ${order.amount}, ${order.currency},
              now() + make_interval(secs => ${order.ttlSeconds}))
      returning *
    ), line as (
      insert into order_lines (order_id, sku, name, unit_price, quantity)
      select ${order.id}, * from unnest(
        ${lines.map(({ sku }) => sku)}::text[], ${lines.map(({ name }) => name)}::text[],
        ${lines.map(({ price }) => price)}::numeric[], ${lines.map(({ quantity }) => quantity)}::int[])
      returning order_id, sku, quantity
    ), hold as (
      insert into stock_holds (order_id, sku, quantity, state) select order_id, sku, quantity, 'held' from line
    )
    select * from placed
  `.execute(tx);
  const [placed] = rows;
  if (placed === undefined) throw new Error(`order ${order.id} was not written`);
  return placed;
}

export function find(db: Db, id: string): Promise<Order | undefined> {
  return db.selectFrom("orders").selectAll().where("id", "=", id).executeTakeFirst();
}

/** The first lock of every transaction that changes an order, its payments or its stock. */
export function lock(tx: Tx, id: string): Promise<Order | undefined> {
  return tx.selectFrom("orders").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
}

export type DueOrder = Order & {
  /** Whether its deadline has passed by the database's clock, and how far off it is. */
  readonly due: boolean;
  readonly due_in_ms: number;
  /** For how long its gateways have been asked to close; 0 when they have not. */
  readonly closing_seconds: number;
};

/** The locked order, and how it stands with its deadline. */
export function lockWithDue(tx: Tx, id: string): Promise<DueOrder | undefined> {
  return tx
    .selectFrom("orders")
    .selectAll()
    .select([
      sql<boolean>`expires_at <= clock_timestamp()`.as("due"),
      sql<number>`ceil(extract(epoch from expires_at - clock_timestamp()) * 1000)::float8`.as("due_in_ms"),
      sql<number>`coalesce(extract(epoch from clock_timestamp() - closing_since), 0)::float8`.as("closing_seconds"),
    ])
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
}

export type OrderChange =
  | { readonly to: "paid"; readonly paidAt: Date | undefined }
  | { readonly to: "cancelled"; readonly reason: string }
  | { readonly to: "shipped" | "completed" | "refunded" };

/** Compare and set: the row moves only if it still stands where the caller saw it. */
export async function move(tx: Tx, order: Order, change: OrderChange): Promise<Order> {
  const moved = await tx
    .updateTable("orders")
    .set({ status: change.to, closing_since: null })
    .$if(change.to === "paid", (query) =>
      query.set({ paid_at: change.to === "paid" && change.paidAt ? change.paidAt : sql`now()` }),
    )
    .$if(change.to === "cancelled", (query) =>
      query.set({ cancelled_at: sql`now()`, cancel_reason: change.to === "cancelled" ? change.reason : null }),
    )
    .where("id", "=", order.id)
    .where("status", "=", order.status)
    .returningAll()
    .executeTakeFirst();
  if (moved === undefined) throw new Fault("state_changed_meanwhile", { orderId: order.id });
  return moved;
}

/** Forgets that an order was to be closed: it was not, and its buyer still has time. */
export async function stopClosing(tx: Tx, id: string): Promise<void> {
  await tx.updateTable("orders").set({ closing_since: null }).where("id", "=", id).execute();
}

/** Remembers since when an order's gateway attempts are being closed. */
export async function markClosing(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable("orders")
    .set({ closing_since: sql`coalesce(closing_since, now())` })
    .where("id", "=", id)
    .execute();
}

export function linesOf(db: Db, orderIds: readonly string[]): Promise<OrderLine[]> {
  if (orderIds.length === 0) return Promise.resolve([]);
  return db.selectFrom("order_lines").selectAll().where("order_id", "in", orderIds).orderBy("sku").execute();
}

export function holdsOf(db: Db, orderId: string): Promise<StockHold[]> {
  return db.selectFrom("stock_holds").selectAll().where("order_id", "=", orderId).orderBy("sku").execute();
}

export type OrderFilter = {
  readonly customerId?: string | undefined;
  readonly status?: OrderState | undefined;
  /** An order number or id, an `out_trade_no`, a gateway's transaction id, or a customer id: exactly. */
  readonly q?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
};

/** Newest first; ids grow with time. */
export function page(db: Db, filter: OrderFilter): Promise<Order[]> {
  const { customerId, status, q, cursor, limit } = filter;
  return db
    .selectFrom("orders")
    .selectAll()
    .$if(customerId !== undefined, (query) => query.where("customer_id", "=", customerId ?? ""))
    .$if(status !== undefined, (query) => query.where("status", "=", status ?? "pending"))
    .$if(q !== undefined, (query) => query.where("id", "in", matching(db, q ?? "")))
    .$if(cursor !== undefined, (query) => query.where("id", "<", cursor ?? ""))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}

function matching(db: Db, q: string) {
  return db
    .selectFrom("orders")
    .select("id")
    .where((either) => either.or([either("id", "=", q), either("number", "=", q), either("customer_id", "=", q)]))
    .union(
      db
        .selectFrom("payments")
        .select("order_id as id")
        .where((either) =>
          either.or([either("id", "=", q), either("out_trade_no", "=", q), either("transaction_id", "=", q)]),
        ),
    );
}

/** Ids of pending orders whose deadline passed at least `graceSeconds` ago, oldest first. */
export async function due(
  db: Db,
  { graceSeconds, limit }: { readonly graceSeconds: number; readonly limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom("orders")
    .select("id")
    .where("status", "=", "pending")
    .where("expires_at", "<=", sql<Date>`now() - make_interval(secs => ${graceSeconds})`)
    .orderBy("expires_at")
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Pending orders made at least so many minutes ago, oldest first: what `cancel-unpaid` works on. */
export function unpaidSince(
  db: Db,
  { minutes, limit }: { readonly minutes: number; readonly limit: number },
): Promise<Order[]> {
  return db
    .selectFrom("orders")
    .selectAll()
    .where("status", "=", "pending")
    .where("created_at", "<=", sql<Date>`now() - make_interval(mins => ${minutes})`)
    .orderBy("created_at")
    .limit(limit)
    .execute();
}

/** A page of pending orders by id, for recreating what the queue should hold. */
export function pendingPage(
  db: Db,
  { cursor, limit }: { readonly cursor: string | undefined; readonly limit: number },
): Promise<Order[]> {
  return db
    .selectFrom("orders")
    .selectAll()
    .where("status", "=", "pending")
    .$if(cursor !== undefined, (query) => query.where("id", ">", cursor ?? ""))
    .orderBy("id")
    .limit(limit)
    .execute();
}

export type AwaitingTimer = {
  readonly id: string;
  /** As PostgreSQL writes it in JSON. */
  readonly expires_at: string;
};

/** Pending orders that should have a timer by now, those whose deadline comes first; or only the one with this key. */
export async function awaitingTimer(
  db: Db,
  {
    youngestSeconds,
    limit,
    key,
  }: { readonly youngestSeconds: number; readonly limit: number; readonly key: string | undefined },
): Promise<AwaitingTimer[]> {
  const { rows } = await sql<AwaitingTimer>`
    select id, to_json(expires_at) #>> '{}' as expires_at from orders
    where status = 'pending' and created_at < now() - make_interval(secs => ${youngestSeconds})
      and ${key === undefined ? sql`true` : sql`id = ${key}`}
    order by orders.expires_at limit ${limit}
  `.execute(db);
  return rows;
}
