import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { Product } from "./schema.ts";

export type Wanted = { readonly sku: string; readonly quantity: number };

/** What was reserved, with the price and the name at that moment. */
export type Reserved = {
  readonly sku: string;
  readonly name: string;
  readonly price: string;
  readonly quantity: number;
};

/**
 * Takes the wanted pieces from `available` to `reserved`, each line only if it is there in full. Rows are locked in
 * the order of their skus, so two orders for the same products never wait for each other in a circle.
 */
export async function reserve(tx: Tx, wanted: readonly Wanted[]): Promise<readonly Reserved[]> {
  const { rows } = await sql<Reserved>`
    with wanted as (
      select * from unnest(${wanted.map(({ sku }) => sku)}::text[], ${wanted.map(({ quantity }) => quantity)}::int[])
        as line (sku, quantity)
    ), locked as (
      select sku from products where sku in (select sku from wanted) order by sku for update
    )
    update products
    set available = available - wanted.quantity, reserved = reserved + wanted.quantity, updated_at = now()
    from locked join wanted using (sku)
    where products.sku = locked.sku and products.available >= wanted.quantity
    returning products.sku, products.name, products.price, wanted.quantity
  `.execute(tx);
  return rows;
}

/** The pieces of an order's holds, moved between the product's counters. */
export type StockMovement = "sell" | "release" | "reserve_again" | "restock";

const movements = {
  sell: {
    from: "held",
    to: "consumed",
    counters: sql`reserved = reserved - moved.quantity, sold = sold + moved.quantity`,
  },
  release: {
    from: "held",
    to: "released",
    counters: sql`reserved = reserved - moved.quantity, available = available + moved.quantity`,
  },
  reserve_again: {
    from: "released",
    to: "held",
    counters: sql`available = available - moved.quantity, reserved = reserved + moved.quantity`,
  },
  restock: {
    from: "consumed",
    to: "released",
    counters: sql`sold = sold - moved.quantity, available = available + moved.quantity`,
  },
} as const;

/**
 * Moves an order's holds and the counters of their products in one statement, so neither can move without the other.
 * Only holds still in the movement's first state are moved: doing it twice moves nothing. The counters' CHECKs refuse
 * what is not there.
 *
 * @returns how many holds were moved.
 */
export async function moveStock(tx: Tx, orderId: string, movement: StockMovement): Promise<number> {
  const { from, to, counters } = movements[movement];
  const { numAffectedRows } = await sql`
    with locked as (
      select sku from products
      where sku in (select sku from stock_holds where order_id = ${orderId} and state = ${from})
      order by sku for update
    ), moved as (
      update stock_holds set state = ${to}, updated_at = now()
      where order_id = ${orderId} and state = ${from} and sku in (select sku from locked)
      returning sku, quantity
    )
    update products set ${counters}, updated_at = now() from moved where products.sku = moved.sku
  `.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

/** Whether all of an order's released pieces are free again. Locks the products, so the answer holds until commit. */
export async function canReserveAgain(tx: Tx, orderId: string): Promise<boolean> {
  const { rows } = await sql<{ enough: boolean }>`
    select products.available >= stock_holds.quantity as enough
    from stock_holds join products using (sku)
    where order_id = ${orderId} and state = 'released'
    order by sku for update of products
  `.execute(tx);
  return rows.length > 0 && rows.every(({ enough }) => enough);
}

export function findMany(db: Db, skus: readonly string[]): Promise<Product[]> {
  return db.selectFrom("products").selectAll().where("sku", "in", skus).execute();
}

/** A page of the catalogue by sku, after `cursor`. */
export function page(
  db: Db,
  { cursor, limit }: { readonly cursor: string | undefined; readonly limit: number },
): Promise<Product[]> {
  return db
    .selectFrom("products")
    .selectAll()
    .$if(cursor !== undefined, (query) => query.where("sku", ">", cursor ?? ""))
    .orderBy("sku")
    .limit(limit)
    .execute();
}

export function lock(tx: Tx, sku: string): Promise<Product | undefined> {
  return tx.selectFrom("products").selectAll().where("sku", "=", sku).forUpdate().executeTakeFirst();
}

/** Makes a product or changes its name, price and free stock; what is reserved or sold is never touched by hand. */
export function put(
  tx: Tx,
  product: { readonly sku: string; readonly name: string; readonly price: string; readonly available: number },
): Promise<Product> {
  const { name, price, available } = product;
  return tx
    .insertInto("products")
    .values(product)
    .onConflict((conflict) => conflict.column("sku").doUpdateSet({ name, price, available, updated_at: sql`now()` }))
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function isEmpty(db: Db): Promise<boolean> {
  return (await db.selectFrom("products").select("sku").limit(1).executeTakeFirst()) === undefined;
}
