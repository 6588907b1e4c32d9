import type { PoolClient } from "pg";

import { price, provider } from "../shop.ts";

/**
 * The statements that `packages/operations` issues, written by hand, one round trip each: what plain SQL can do here
 * without an API, a query builder or a queue around it. When an operation changes, this file follows.
 */

export type Settling = {
  readonly callbackId: string;
  readonly outTradeNo: string;
};

type Known = { id: string; order_id: string };

/** `settleCallback` for a success that its order waits for. */
export async function settle(client: PoolClient, { callbackId, outTradeNo }: Settling): Promise<void> {
  await client.query("select * from callbacks where id = $1", [callbackId]);
  const { rows } = await client.query<Known>("select * from payments where out_trade_no = $1 and provider = $2", [
    outTradeNo,
    provider,
  ]);
  const [payment] = rows;
  if (payment === undefined) throw new Error(`no payment ${outTradeNo}`);
  const transactionId = `T${outTradeNo}`;
  const { id: paymentId, order_id: orderId } = payment;

  await client.query("begin");
  await client.query("select * from orders where id = $1 for update", [orderId]);
  await client.query("select * from payments where id = $1 for update", [paymentId]);
  await client.query(
    `insert into receipts (provider, transaction_id, amount, currency, out_trade_no, order_id, payment_id, callback_id)
     values ($1, $2, $3, 'CNY', $4, $5, $6, $7)
     on conflict (provider, transaction_id) do update set
       payment_id = coalesce(receipts.payment_id, excluded.payment_id),
       order_id = coalesce(receipts.order_id, excluded.order_id)
     returning payment_id`,
    [provider, transactionId, price, outTradeNo, orderId, paymentId, callbackId],
  );
  await client.query(
    `update payments set status = 'succeeded', transaction_id = $2, succeeded_at = now(), effective = true
     where id = $1 and status = 'init' returning *`,
    [paymentId, transactionId],
  );
  await client.query(
    `update orders set status = 'paid', closing_since = null, paid_at = now()
     where id = $1 and status = 'pending' returning *`,
    [orderId],
  );
  await moveStock(client, orderId, "consumed", "reserved = reserved - moved.quantity, sold = sold + moved.quantity");
  await client.query(
    `insert into audit (actor, action, entity, entity_id, order_id, before, after, reason, evidence) values
       ($1, 'payment.succeeded', 'payment', $2, $3, '{"status":"init"}', $5, null, $4),
       ($1, 'order.pay', 'order', $3, $3, '{"status":"pending"}', '{"status":"paid"}', null, $4)`,
    [
      `gateway:${provider}`,
      paymentId,
      orderId,
      callbackId,
      JSON.stringify({ status: "succeeded", says: "SUCCESS", transactionId }),
    ],
  );
  await client.query(
    `update callbacks set state = 'processed', outcome = 'paid', error = null, settled_at = now(),
       attempts = attempts + 1, order_id = $2, payment_id = $3
     where id = $1 and state = 'received'`,
    [callbackId, orderId, paymentId],
  );
  await client.query("commit");
}

export type Placing = { readonly id: string; readonly sku: string; readonly customerId: string };

/** `placeOrder` of one line, without an idempotency key. */
export async function place(client: PoolClient, { id, sku, customerId }: Placing): Promise<void> {
  await client.query("begin");
  await client.query(
    `with wanted as (select * from unnest($1::text[], $2::int[]) as line (sku, quantity)),
     locked as (select sku from products where sku in (select sku from wanted) order by sku for update)
     update products set available = available - wanted.quantity, reserved = reserved + wanted.quantity, updated_at = now()
     from locked join wanted using (sku)
     where products.sku = locked.sku and products.available >= wanted.quantity
     returning products.sku, products.name, products.price, wanted.quantity`,
    [[sku], [1]],
  );
  await client.query(
    `with placed as (
       insert into orders (id, number, customer_id, status, amount, currency, expires_at)
       values ($1, $2, $3, 'pending', $4, 'CNY', now() + make_interval(secs => $5)) returning *
     ), line as (
       insert into order_lines (order_id, sku, name, unit_price, quantity)
       select $1, * from unnest($6::text[], $7::text[], $8::numeric[], $9::int[]) returning order_id, sku, quantity
     ), hold as (
       insert into stock_holds (order_id, sku, quantity, state) select order_id, sku, quantity, 'held' from line
     ) select * from placed`,
    [`ord_${id}`, id, customerId, price, 1_800, [sku], ["Product"], [price], [1]],
  );
  await client.query(
    `insert into payments (id, order_id, provider, status, amount, currency, out_trade_no)
     values ($1, $2, $3, 'init', $4, 'CNY', $5) returning *`,
    [`pay_${id}`, `ord_${id}`, provider, price, `P${id}`],
  );
  await client.query(
    `insert into audit (actor, action, entity, entity_id, order_id, before, after, reason, evidence) values
       ($1, 'order.place', 'order', $2, $2, null, $4, null, null),
       ($1, 'payment.create', 'payment', $3, $2, null, $5, null, null)`,
    [
      customerId,
      `ord_${id}`,
      `pay_${id}`,
      JSON.stringify({ status: "pending", amount: price }),
      JSON.stringify({ status: "init", provider }),
    ],
  );
  await client.query("commit");
}

/** `expireOrder` for an order whose gateway is not to be asked. */
export async function expire(client: PoolClient, orderId: string): Promise<void> {
  await client.query("begin");
  await client.query("select *, expires_at <= clock_timestamp() as due from orders where id = $1 for update", [
    orderId,
  ]);
  await client.query("select * from payments where order_id = $1 order by id for update", [orderId]);
  const { rows } = await client.query<{ id: string }>(
    "select * from payments where order_id = $1 order by id for update",
    [orderId],
  );
  for (const { id } of rows) {
    await client.query(
      "update payments set status = 'expired', closed_at = now() where id = $1 and status = 'init' returning *",
      [id],
    );
  }
  await client.query(
    `update orders set status = 'cancelled', closing_since = null, cancelled_at = now(), cancel_reason = 'expired'
     where id = $1 and status = 'pending' returning *`,
    [orderId],
  );
  await moveStock(
    client,
    orderId,
    "released",
    "reserved = reserved - moved.quantity, available = available + moved.quantity",
  );
  await client.query(
    `insert into audit (actor, action, entity, entity_id, order_id, before, after, reason, evidence) values
       ('system:expiry', 'payment.expired', 'payment', $2, $1, '{"status":"init"}', '{"status":"expired"}', null, null),
       ('system:expiry', 'order.cancel', 'order', $1, $1, '{"status":"pending"}', $3, null, null)`,
    [orderId, rows[0]?.id ?? "", JSON.stringify({ status: "cancelled", reason: "expired" })],
  );
  await client.query("commit");
}

async function moveStock(client: PoolClient, orderId: string, to: string, counters: string): Promise<void> {
  await client.query(
    `with locked as (
       select sku from products
       where sku in (select sku from stock_holds where order_id = $1 and state = $2) order by sku for update
     ), moved as (
       update stock_holds set state = $3, updated_at = now()
       where order_id = $1 and state = $2 and sku in (select sku from locked) returning sku, quantity
     )
     update products set ${counters}, updated_at = now() from moved where products.sku = moved.sku`,
    [orderId, "held", to],
  );
}
