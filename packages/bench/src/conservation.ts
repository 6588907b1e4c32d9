import type pg from "pg";

import { totalPieces } from "./shop.ts";

/** What must be true of the rows when nothing is under way any more, whatever was measured. */
export type Conservation = {
  readonly where: string;
  /** Each law, and by how many rows or pieces it is broken: all zero. */
  readonly broken: Readonly<Record<string, number>>;
  readonly ok: boolean;
};

export type Counts = {
  /** Callbacks that were acknowledged. */
  readonly settled: number;
  readonly expired: number;
};

/** Checks the money, the orders and every single piece of stock. */
export async function checkConservation(
  pool: pg.Pool,
  where: string,
  { settled, expired }: Counts,
): Promise<Conservation> {
  const { rows } = await pool.query<Record<string, string>>(laws, [totalPieces, settled, expired]);
  const broken = Object.fromEntries(Object.entries(rows[0] ?? {}).map(([law, by]) => [law, Number(by)]));
  return { where, broken, ok: Object.values(broken).every((by) => by === 0) && rows.length === 1 };
}

const laws = `
  select
    (select $1::bigint - sum(available + reserved + sold) from products) as "pieces lost",
    (select count(*) from products
      where reserved <> (select coalesce(sum(quantity), 0) from stock_holds h where h.sku = products.sku and h.state = 'held')
         or sold <> (select coalesce(sum(quantity), 0) from stock_holds h where h.sku = products.sku and h.state = 'consumed'))
      as "products whose counters differ from their holds",
    (select count(*) from stock_holds h join orders o on o.id = h.order_id
      where h.state <> case o.status when 'pending' then 'held' when 'cancelled' then 'released' else 'consumed' end)
      as "holds that differ from their order",
    (select $2::bigint - count(*) from callbacks where state = 'processed' and outcome = 'paid') as "callbacks acknowledged and not settled",
    (select count(*) from callbacks where state <> 'processed' or outcome <> 'paid') as "callbacks with another outcome",
    (select $2::bigint - count(*) from orders where status = 'paid') as "orders not paid",
    (select $2::bigint - count(*) from receipts) as "receipts missing",
    (select (coalesce((select sum(amount) from receipts), 0) - coalesce((select sum(amount) from orders where status = 'paid'), 0)))
      as "yuan received and not on a paid order",
    (select count(*) from orders o where status = 'paid'
      and 1 <> (select count(*) from payments p where p.order_id = o.id and p.effective and p.status = 'succeeded')) as "paid orders without one payment",
    (select $2::bigint - count(distinct order_id) from audit where action = 'order.pay') as "payments not in the audit",
    (select count(*) - count(distinct order_id) from audit where action = 'order.pay') as "orders paid twice",
    (select $3::bigint - count(*) from orders where status = 'cancelled' and cancel_reason = 'expired') as "orders not expired",
    (select count(*) from orders where cancelled_at < expires_at) as "orders expired early",
    (select count(*) from exceptions) as "exceptions"
`;
