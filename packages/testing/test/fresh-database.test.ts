import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { expect, inject, test } from "vitest";
import { freshDatabase, type Template } from "../src/fresh-database.ts";

test("a template is migrated once for all the databases made from it", async () => {
  let migrations = 0;
  const template = shopTemplate(() => (migrations += 1));

  const databases = await Promise.all([freshDatabase(template), freshDatabase(template), freshDatabase(template)]);

  expect(migrations).toBe(1);
  for (const { url } of databases) expect(await goodsIn(url)).toEqual([{ name: "tea" }]);
  for (const { drop } of databases) await drop();
});

test("what is written in one database is not in the next", async () => {
  const template = shopTemplate();
  const first = await freshDatabase(template);
  await query(first.url, "insert into goods values ('rice')");

  const second = await freshDatabase(template);

  expect(await goodsIn(second.url)).toEqual([{ name: "tea" }]);
  await first.drop();
  await second.drop();
});

test("a migration that fails is said, and tried again the next time", async () => {
  const template = shopTemplate();
  const failing = { ...template, migrate: () => Promise.reject(new Error("no such table")) };

  await expect(freshDatabase(failing)).rejects.toThrow("no such table");
  const { url, drop } = await freshDatabase(template);

  expect(await goodsIn(url)).toEqual([{ name: "tea" }]);
  await drop();
});

test("a dropped database is gone, also when a test left a connection open", async () => {
  const { url, drop } = await freshDatabase(shopTemplate());
  const forgotten = new Client({ connectionString: url });
  forgotten.on("error", () => undefined);
  await forgotten.connect();

  await drop();

  await expect(goodsIn(url)).rejects.toThrow("does not exist");
});

test("a cloned database takes about a tenth of a second", async () => {
  const template = shopTemplate();
  await (await freshDatabase(template)).drop();

  const startedAt = performance.now();
  const { drop } = await freshDatabase(template);
  const durationMs = performance.now() - startedAt;

  expect(durationMs).toBeLessThan(2_000);
  await drop();
});

test("Redis is named or known to be missing", () => {
  const url = inject("redisUrl");

  expect(url === undefined || url.startsWith("redis")).toBe(true);
});

function shopTemplate(onMigrate: () => void = () => undefined): Template {
  return {
    name: `goods-${randomUUID()}`,
    migrate: async (url) => {
      onMigrate();
      await query(url, "create table goods (name text); insert into goods values ('tea')");
    },
  };
}

function goodsIn(url: string): Promise<readonly unknown[]> {
  return query(url, "select name from goods");
}

async function query(url: string, text: string): Promise<readonly unknown[]> {
  const connection = new Client({ connectionString: url });
  try {
    await connection.connect();
    return (await connection.query(text)).rows ?? [];
  } finally {
    await connection.end();
  }
}
