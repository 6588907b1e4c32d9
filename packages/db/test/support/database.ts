import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";

import { type FreshDatabase, freshDatabase } from "@zhanggui/testing";

import { type Db, migrate, openDatabase, orders, products, transact } from "../../src/index.ts";

const migrations = new URL("../../migrations/", import.meta.url);

export type TestDatabase = { readonly db: Db; readonly url: string; readonly close: () => Promise<void> };

export function open(url: string, poolSize = 24): Db {
  return openDatabase({ url, name: "test", poolSize, onError: () => undefined });
}

/** A database of this test file's own, with the schema that the migrations make today. */
export async function migratedDatabase(): Promise<TestDatabase> {
  const hash = createHash("sha256");
  for (const file of (await readdir(migrations)).toSorted()) hash.update(await readFile(new URL(file, migrations)));
  const database = await freshDatabase({ name: hash.digest("hex"), migrate: migrateFrom });
  return opened(database);
}

/** A database in which nothing has been made yet. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return opened(await freshDatabase({ name: "empty", migrate: async () => undefined }));
}

async function migrateFrom(url: string): Promise<void> {
  const db = open(url, 1);
  await migrate(db);
  await db.destroy();
}

function opened({ url, drop }: FreshDatabase): TestDatabase {
  const db = open(url);
  return {
    db,
    url,
    close: async () => {
      await db.destroy();
      await drop();
    },
  };
}

let made = 0;

export function nextName(prefix: string): string {
  made += 1;
  return `${prefix}${String(made).padStart(8, "0")}`;
}

export async function product(db: Db, available: number, sku = nextName("tea")): Promise<string> {
  await transact(db, (tx) => products.put(tx, { sku, name: "龙井", price: "39.80", available }));
  return sku;
}

/** Reserves the lines and writes a pending order with them. Answers its id, or nothing when a line was not there. */
export function order(db: Db, wanted: readonly products.Wanted[]): Promise<string | undefined> {
  return transact(db, async (tx) => {
    const lines = await products.reserve(tx, wanted);
    if (lines.length < wanted.length) throw new SoldOut();
    const id = nextName("ord_");
    await orders.insert(tx, {
      id,
      number: nextName("N"),
      customerId: "customer-1",
      amount: "39.80",
      currency: "CNY",
      ttlSeconds: 1_800,
      lines,
    });
    return id;
  }).catch((error: unknown) => {
    if (error instanceof SoldOut) return undefined;
    throw error;
  });
}

class SoldOut extends Error {}

export function countersOf(db: Db, sku: string) {
  return db
    .selectFrom("products")
    .select(["available", "reserved", "sold"])
    .where("sku", "=", sku)
    .executeTakeFirstOrThrow();
}
