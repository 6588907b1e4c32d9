import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Postgres, startPostgres } from "@zhanggui/embedded";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";

import { measurePlainSql } from "../src/ceilings/plain-sql.ts";
import { checkConservation } from "../src/conservation.ts";
import { makeDatabase, openPool } from "../src/database.ts";

const directory = join(tmpdir(), `zhanggui-bench-test-${randomUUID()}`);
const sizes = { orders: 10, callbacks: 10, expiring: 10 };
/** Each size and one to warm up. */
const counts = { settled: 11, expired: 11 };

let postgres: Postgres;
let pool: pg.Pool;
beforeAll(async () => {
  postgres = await startPostgres({ directory, durable: false, log: () => undefined });
  const url = await makeDatabase(postgres.url, "conservation");
  await measurePlainSql(url, sizes);
  pool = openPool(url, 1);
});
afterAll(async () => {
  await pool.end();
  await postgres.stop();
  await rm(directory, { recursive: true });
});

async function brokenBy(statement: string) {
  await pool.query("begin");
  await pool.query(statement);
  const { ok, broken } = await checkConservation(pool, "test", counts);
  await pool.query("rollback");
  expect(ok).toBe(false);
  return Object.fromEntries(Object.entries(broken).filter(([, by]) => by !== 0));
}

test("what the plain SQL leaves behind adds up", async () => {
  expect((await checkConservation(pool, "test", counts)).broken).toSatisfy((broken: object) =>
    Object.values(broken).every((by) => by === 0),
  );
});

test("a lost piece is noticed", async () => {
  const broken = await brokenBy("update products set available = available - 1 where sku = 'bench-000'");

  expect(broken).toEqual({ "pieces lost": 1 });
});

test("a piece that moved without its hold is noticed", async () => {
  const broken = await brokenBy(
    "update products set available = available - 1, sold = sold + 1 where sku = 'bench-000'",
  );

  expect(broken).toEqual({ "products whose counters differ from their holds": 1 });
});

test("a callback without an outcome is noticed", async () => {
  const broken = await brokenBy("update callbacks set state = 'received' where id = (select min(id) from callbacks)");

  expect(broken).toEqual({ "callbacks acknowledged and not settled": 1, "callbacks with another outcome": 1 });
});

test("money that came twice is noticed", async () => {
  const broken = await brokenBy(
    "update receipts set amount = amount * 2 where transaction_id = (select min(transaction_id) from receipts)",
  );

  expect(broken).toEqual({ "yuan received and not on a paid order": 39.8 });
});
