import { randomBytes } from "node:crypto";

import type pg from "pg";

/** Buyers come for many products; one alone would measure the lock of its row. */
const products = 200;
export const price = "39.80";
/** More than is ever sold. */
const piecesEach = 1_000_000;
export const totalPieces = products * piecesEach;

export const provider = "bench";
export const providerSecret = randomBytes(32).toString("hex");
export const jwtSecret = randomBytes(32).toString("hex");

export function skuOf(index: number): string {
  return `bench-${String(index % products).padStart(3, "0")}`;
}

export async function fillCatalogue(pool: pg.Pool): Promise<void> {
  await pool.query(
    `insert into products (sku, name, price, available)
     select 'bench-' || lpad(n::text, 3, '0'), 'Product ' || n, $1::numeric, $2::int
     from generate_series(0, $3::int - 1) as n`,
    [price, piecesEach, products],
  );
}

export type PlacedOrder = { readonly id: string; readonly outTradeNo: string; readonly expiresAt: Date };

export type Batch = {
  /** Letters and digits that set this batch's ids apart. */
  readonly tag: string;
  readonly count: number;
  readonly firstDeadline: Date;
  /** Deadlines are spread evenly over so long. */
  readonly spreadMs: number;
};

/** Places orders in one statement, with every row that placing them one by one would have left. */
export async function placeInBulk(
  pool: pg.Pool,
  { tag, count, firstDeadline, spreadMs }: Batch,
): Promise<readonly PlacedOrder[]> {
  const { rows } = await pool.query<{ id: string; out_trade_no: string; expires_at: Date }>(
    `with wanted as (
       select n, 'ord_' || $1 || lpad(n::text, 8, '0') as id, 'bench-' || lpad((n % $5)::text, 3, '0') as sku,
              $3::timestamptz + make_interval(secs => n * $4::float8 / 1000 / $2) as expires_at
       from generate_series(0, $2::int - 1) as n
     ), placed as (
       insert into orders (id, number, customer_id, status, amount, currency, expires_at)
       select id, 'N' || $1 || n, 'customer-' || $1 || n, 'pending', $6::numeric, 'CNY', expires_at from wanted
       returning id
     ), line as (
       insert into order_lines (order_id, sku, name, unit_price, quantity)
       select id, sku, 'Product', $6::numeric, 1 from wanted returning order_id, sku
     ), hold as (
       insert into stock_holds (order_id, sku, quantity, state) select order_id, sku, 1, 'held' from line
       returning sku
     ), counted as (
       update products set available = available - taken.pieces, reserved = reserved + taken.pieces
       from (select sku, count(*)::int as pieces from hold group by sku) as taken where products.sku = taken.sku
     ), payment as (
       insert into payments (id, order_id, provider, status, amount, currency, out_trade_no)
       select 'pay_' || $1 || n, id, $7, 'init', $6::numeric, 'CNY', 'P' || $1 || lpad(n::text, 12, '0') from wanted
       returning order_id, id, out_trade_no
     ), audited as (
       insert into audit (actor, action, entity, entity_id, order_id, after)
       select 'customer', 'order.place', 'order', id, id, '{"status":"pending"}'::jsonb from wanted
       union all
       select 'customer', 'payment.create', 'payment', id, order_id, '{"status":"init"}'::jsonb from payment
     )
     select wanted.id, payment.out_trade_no, wanted.expires_at
     from wanted join payment on payment.order_id = wanted.id order by n`,
    [tag, count, firstDeadline, spreadMs, products, price, provider],
  );
  await pool.query("analyze");
  return rows.map(({ id, out_trade_no, expires_at }) => ({ id, outTradeNo: out_trade_no, expiresAt: expires_at }));
}
