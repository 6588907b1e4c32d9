import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { duties, idempotency, transact } from "../src/index.ts";
import { type TestDatabase, migratedDatabase, nextName } from "./support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const keyOf = (requestHash = "a") => ({ customerId: "customer-1", key: nextName("key"), requestHash });

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe("an idempotency key", () => {
  test("with another request is a conflict", async () => {
    const key = keyOf("a");
    await transact(database.db, (tx) => idempotency.claim(tx, key));

    const other = await transact(database.db, (tx) => idempotency.claim(tx, { ...key, requestHash: "b" }));

    expect(other).toEqual({ kind: "conflict" });
  });

  test("makes the second request wait for the first one, and answers it the same", async () => {
    const key = keyOf();
    const first = await database.db.startTransaction().execute();
    expect(await idempotency.claim(first, key)).toEqual({ kind: "claimed" });

    let answered = false;
    const second = transact(database.db, (tx) => idempotency.claim(tx, key)).finally(() => {
      answered = true;
    });
    await pause(100);
    const answeredBeforeCommit = answered;
    await idempotency.answer(first, key, { id: "ord_1" });
    await first.commit().execute();

    expect(answeredBeforeCommit).toBe(false);
    expect(await second).toEqual({ kind: "answered", response: { id: "ord_1" } });
  });

  test("is the second request's when the first one was rolled back", async () => {
    const key = keyOf();
    const first = await database.db.startTransaction().execute();
    await idempotency.claim(first, key);

    const second = transact(database.db, (tx) => idempotency.claim(tx, key));
    await pause(50);
    await first.rollback().execute();

    expect(await second).toEqual({ kind: "claimed" });
  });

  test("is claimed by one of ten at once", async () => {
    const key = keyOf();

    const claims = await Promise.all(
      Array.from({ length: 10 }, () =>
        transact(database.db, async (tx) => {
          const claim = await idempotency.claim(tx, key);
          if (claim.kind === "claimed") await idempotency.answer(tx, key, "the one answer");
          return claim;
        }),
      ),
    );

    expect(claims.filter(({ kind }) => kind === "claimed")).toHaveLength(1);
    expect(claims.filter(({ kind }) => kind === "answered")).toEqual(
      Array.from({ length: 9 }, () => ({ kind: "answered", response: "the one answer" })),
    );
  });

  test("is forgotten when it is old, a bounded number at a time", async () => {
    for (let at = 0; at < 5; at += 1) await transact(database.db, (tx) => idempotency.claim(tx, keyOf()));

    const young = await idempotency.forget(database.db, { days: 7, limit: 100 });
    const three = await idempotency.forget(database.db, { days: -1, limit: 3 });

    expect([young, three]).toEqual([0, 3]);
  });
});

describe("a duty", () => {
  test("never done before is claimed by exactly one of twenty", async () => {
    const name = nextName("sweep");

    const claims = await Promise.all(Array.from({ length: 20 }, () => duties.claim(database.db, name, 30)));

    expect(claims.filter(Boolean)).toHaveLength(1);
  });

  test("whose time has come again is claimed by exactly one of twenty", async () => {
    const name = nextName("sweep");
    await duties.claim(database.db, name, 30);
    const done_at = new Date(Date.now() - 31_000);
    await database.db.updateTable("duties").set({ done_at }).where("name", "=", name).execute();

    const claims = await Promise.all(Array.from({ length: 20 }, () => duties.claim(database.db, name, 30)));

    expect(claims.filter(Boolean)).toHaveLength(1);
  });

  test("is not another duty", async () => {
    const [one, two] = [nextName("sweep"), nextName("sweep")];

    expect([await duties.claim(database.db, one, 30), await duties.claim(database.db, two, 30)]).toEqual([true, true]);
  });
});
