import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";

import { type Db, products, transact } from "../src/index.ts";
import { type TestDatabase, migratedDatabase, open } from "./support/database.ts";

let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await migratedDatabase();
  db = open(database.url, 1);
});

afterAll(async () => {
  await db.destroy();
  await database.close();
});

test("a statement is prepared once on a connection", async () => {
  await products.findMany(db, ["a"]);
  await products.findMany(db, ["b"]);

  const { rows } = await sql<{ name: string }>`
    select name from pg_prepared_statements where statement like '%from "products"%'
  `.execute(db);
  expect(rows).toHaveLength(1);
});

test("a table that is migrated meanwhile does not stop those who work with it", async () => {
  const work = () => transact(db, (tx) => products.lock(tx, "nothing"));
  await work();

  await sql`alter table products add column colour text`.execute(database.db);

  await expect(work()).resolves.toBeUndefined();
});
