import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { orders, products, transact } from "../src/index.ts";
import { type TestDatabase, countersOf, migratedDatabase, order, product } from "./support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

async function ordered(sku: string, quantity = 1): Promise<string> {
  const id = await order(database.db, [{ sku, quantity }]);
  if (id === undefined) throw new Error("sold out");
  return id;
}

function move(orderId: string, movement: products.StockMovement): Promise<number> {
  return transact(database.db, (tx) => products.moveStock(tx, orderId, movement));
}

describe("reserving", () => {
  test("takes the lines that are there in full, and leaves the others alone", async () => {
    const [enough, tooFew] = [await product(database.db, 3), await product(database.db, 1)];
    const wanted = [enough, tooFew, "no-such-tea"].map((sku) => ({ sku, quantity: 2 }));

    const reserved = await transact(database.db, (tx) => products.reserve(tx, wanted));

    expect(reserved).toEqual([{ sku: enough, name: "龙井", price: "39.80", quantity: 2 }]);
    expect(await countersOf(database.db, tooFew)).toEqual({ available: 1, reserved: 0, sold: 0 });
  });

  test("the last piece by forty at once succeeds for one", async () => {
    const sku = await product(database.db, 1);

    const answers = await Promise.all(Array.from({ length: 40 }, () => order(database.db, [{ sku, quantity: 1 }])));

    expect(answers.filter((id) => id !== undefined)).toHaveLength(1);
    expect(await countersOf(database.db, sku)).toEqual({ available: 0, reserved: 1, sold: 0 });
  });

  test("by forty at once of ten pieces succeeds for exactly ten", async () => {
    const sku = await product(database.db, 10);

    const answers = await Promise.all(Array.from({ length: 40 }, () => order(database.db, [{ sku, quantity: 1 }])));

    expect(answers.filter((id) => id !== undefined)).toHaveLength(10);
    expect(await countersOf(database.db, sku)).toEqual({ available: 0, reserved: 10, sold: 0 });
  });

  test("the same products in opposite order never deadlocks", async () => {
    const skus = await Promise.all(Array.from({ length: 4 }, () => product(database.db, 100)));
    const lines = skus.map((sku) => ({ sku, quantity: 1 }));
    const before = await deadlocks();

    await Promise.all(
      Array.from({ length: 40 }, (_, at) => order(database.db, at % 2 === 0 ? lines : lines.toReversed())),
    );

    expect(await deadlocks()).toEqual(before);
    for (const sku of skus) expect(await countersOf(database.db, sku)).toMatchObject({ available: 60, reserved: 40 });
  });
});

/** How many deadlocks PostgreSQL had to break in this database so far: `transact` would hide them. */
async function deadlocks(): Promise<unknown> {
  const { rows } = await sql`
    select pg_stat_force_next_flush(), pg_stat_get_db_deadlocks(oid) as count
    from pg_database where datname = current_database()
  `.execute(database.db);
  return rows;
}

describe("moving an order's stock", () => {
  test.each([
    ["sell", { available: 3, reserved: 0, sold: 2 }, "consumed"],
    ["release", { available: 5, reserved: 0, sold: 0 }, "released"],
  ] as const)("twice moves it once: %s", async (movement, counters, state) => {
    const sku = await product(database.db, 5);
    const id = await ordered(sku, 2);

    const moved = [await move(id, movement), await move(id, movement)];

    expect(moved).toEqual([1, 0]);
    expect(await countersOf(database.db, sku)).toEqual(counters);
    expect(await orders.holdsOf(database.db, id)).toMatchObject([{ state, quantity: 2 }]);
  });

  test("ten times at once moves it once", async () => {
    const sku = await product(database.db, 5);
    const id = await ordered(sku, 2);

    const moved = await Promise.all(Array.from({ length: 10 }, () => move(id, "release")));

    expect(moved.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await countersOf(database.db, sku)).toEqual({ available: 5, reserved: 0, sold: 0 });
  });

  test("never sells what was released, nor releases what was sold", async () => {
    const sku = await product(database.db, 5);
    const [sold, released] = [await ordered(sku), await ordered(sku)];
    await move(sold, "sell");
    await move(released, "release");

    expect([await move(sold, "release"), await move(released, "sell")]).toEqual([0, 0]);
    expect(await countersOf(database.db, sku)).toEqual({ available: 4, reserved: 0, sold: 1 });
  });

  test("of many orders of one product at once loses no piece", async () => {
    const sku = await product(database.db, 100);
    const ids = await Promise.all(Array.from({ length: 40 }, () => ordered(sku, 2)));

    await Promise.all(ids.map((id, at) => move(id, at % 2 === 0 ? "sell" : "release")));

    expect(await countersOf(database.db, sku)).toEqual({ available: 60, reserved: 0, sold: 40 });
  });
});

describe("reserving again", () => {
  const ask = (id: string) => transact(database.db, (tx) => products.canReserveAgain(tx, id));

  test("is possible only for what was released and is there in full, line by line", async () => {
    const [one, two] = [await product(database.db, 2), await product(database.db, 1)];
    const id = await order(database.db, [
      { sku: one, quantity: 2 },
      { sku: two, quantity: 1 },
    ]);
    if (id === undefined) throw new Error("sold out");

    const whileHeld = await ask(id);
    await move(id, "release");
    const whenReleased = await ask(id);
    await ordered(two);
    const whenOneLineIsGone = await ask(id);

    expect([whileHeld, whenReleased, whenOneLineIsGone]).toEqual([false, true, false]);
  });

  test("when the pieces are gone is refused by the counters, even if nobody asked first", async () => {
    const sku = await product(database.db, 1);
    const id = await ordered(sku);
    await move(id, "release");
    await ordered(sku);

    await expect(move(id, "reserve_again")).rejects.toMatchObject({ constraint: "products_available_check" });
    expect(await countersOf(database.db, sku)).toEqual({ available: 0, reserved: 1, sold: 0 });
    expect(await orders.holdsOf(database.db, id)).toMatchObject([{ state: "released" }]);
  });

  test("takes the pieces once", async () => {
    const sku = await product(database.db, 3);
    const id = await ordered(sku, 2);
    await move(id, "release");

    expect([await move(id, "reserve_again"), await move(id, "reserve_again")]).toEqual([1, 0]);
    expect(await countersOf(database.db, sku)).toEqual({ available: 1, reserved: 2, sold: 0 });
  });
});
