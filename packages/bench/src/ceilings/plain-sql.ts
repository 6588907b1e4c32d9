import { randomUUID } from "node:crypto";

import type pg from "pg";
import type { PoolClient } from "pg";

import { type Conservation, checkConservation } from "../conservation.ts";
import { openPool } from "../database.ts";
import { warmUpOf } from "../load/load.ts";
import { transactionIdOf } from "../load/requests.ts";
import { perSecond } from "../percentiles.ts";
import { type PlacedOrder, fillCatalogue, placeInBulk, price, provider, skuOf } from "../shop.ts";
import { expire, place, settle } from "./statements.ts";

const connections = 32;
const longAfterMs = 3_600_000;

export type PlainSql = {
  readonly placedPerSecond: number;
  readonly settledPerSecond: number;
  readonly expiredPerSecond: number;
  readonly conservation: Conservation;
};

export type Sizes = { readonly orders: number; readonly callbacks: number; readonly expiring: number };

/** The product's statements in a loop over 32 connections, on a database of their own. */
export async function measurePlainSql(databaseUrl: string, sizes: Sizes): Promise<PlainSql> {
  const pool = openPool(databaseUrl, connections);
  try {
    await fillCatalogue(pool);
    const placedPerSecond = await measure(pool, placings(sizes.orders), place);
    const settledPerSecond = await measure(pool, await settlings(pool, sizes.callbacks), settle);
    const overdue = { tag: "e", count: total(sizes.expiring), firstDeadline: new Date(), spreadMs: 0 };
    const expiring = (await placeInBulk(pool, overdue)).map(({ id }) => id);
    const expiredPerSecond = await measure(pool, expiring, expire);
    const counts = { settled: total(sizes.callbacks), expired: total(sizes.expiring) };
    return {
      placedPerSecond,
      settledPerSecond,
      expiredPerSecond,
      conservation: await checkConservation(pool, "plain SQL", counts),
    };
  } finally {
    await pool.end();
  }
}

function total(count: number): number {
  return count + warmUpOf(count);
}

/** Runs the first items to warm up, then the others against the clock. */
async function measure<Item>(
  pool: pg.Pool,
  items: readonly Item[],
  operation: (client: PoolClient, item: Item) => Promise<void>,
): Promise<number> {
  const measured = Math.floor(items.length / (1 + warmUpOf(items.length) / items.length));
  await loop(pool, items.slice(measured), operation);
  const startedAt = performance.now();
  await loop(pool, items.slice(0, measured), operation);
  return perSecond(measured, performance.now() - startedAt);
}

async function loop<Item>(
  pool: pg.Pool,
  items: readonly Item[],
  operation: (client: PoolClient, item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    const client = await pool.connect();
    try {
      for (let item = items[next++]; item !== undefined; item = items[next++]) await operation(client, item);
    } finally {
      client.release();
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
}

function placings(count: number) {
  return Array.from({ length: total(count) }, (_, index) => ({
    id: randomUUID().replaceAll("-", "").slice(0, 30),
    sku: skuOf(index),
    customerId: `customer-${index}`,
  }));
}

/** Pending orders, and a received notice for each. */
async function settlings(pool: pg.Pool, count: number) {
  const firstDeadline = new Date(Date.now() + longAfterMs);
  const orders = await placeInBulk(pool, { tag: "c", count: total(count), firstDeadline, spreadMs: 0 });
  await pool.query(
    `insert into callbacks (id, provider, event_key, event_type, status, raw_status, out_trade_no, transaction_id,
                            amount_minor, currency, headers, body)
     select 'cb_' || no, $1, tx || '.succeeded', 'payment', 'succeeded', 'SUCCESS', no, tx, $2::numeric * 100, 'CNY',
            '{"content-type":"application/json"}', convert_to(repeat('x', 250), 'UTF8')
     from unnest($3::text[], $4::text[]) as notice (no, tx)`,
    [
      provider,
      price,
      orders.map(({ outTradeNo }) => outTradeNo),
      orders.map(({ outTradeNo }) => transactionIdOf(outTradeNo)),
    ],
  );
  return orders.map(({ outTradeNo }: PlacedOrder) => ({ callbackId: `cb_${outTradeNo}`, outTradeNo }));
}
