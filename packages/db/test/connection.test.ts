import { createServer } from "node:net";
import { once } from "node:events";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { health, isDatabaseUnavailable, isLockTimeout, isRetryableConflict, products, transact } from "../src/index.ts";
import { type TestDatabase, countersOf, migratedDatabase, open, product } from "./support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("a transaction", () => {
  test("that is the victim of a deadlock is run again, and both end as if one had come after the other", async () => {
    const [one, two] = [await product(database.db, 10), await product(database.db, 10)];
    let runs = 0;
    let bothHold: () => void = () => undefined;
    const holding = new Promise<void>((resolve) => {
      let holders = 0;
      bothHold = () => {
        holders += 1;
        if (holders === 2) resolve();
      };
    });
    const take = (first: string, second: string) =>
      transact(database.db, async (tx) => {
        runs += 1;
        await tx
          .updateTable("products")
          .set({ available: sql`available - 1` })
          .where("sku", "=", first)
          .execute();
        bothHold();
        await holding;
        await tx
          .updateTable("products")
          .set({ available: sql`available - 1` })
          .where("sku", "=", second)
          .execute();
      });

    await Promise.all([take(one, two), take(two, one)]);

    // The victim may lose a second time, when it is back before the other one woke up.
    expect(runs).toBeGreaterThanOrEqual(3);
    expect(await countersOf(database.db, one)).toMatchObject({ available: 8 });
    expect(await countersOf(database.db, two)).toMatchObject({ available: 8 });
  });

  test("that conflicts again and again is given up after four tries", async () => {
    let runs = 0;

    const error = await errorOf(
      transact(database.db, async (tx) => {
        runs += 1;
        await sql`do $$ begin raise exception 'conflict' using errcode = 'serialization_failure'; end $$`.execute(tx);
      }),
    );

    expect(runs).toBe(4);
    expect(isRetryableConflict(error)).toBe(true);
  });

  test("that is refused for any other reason is run once and leaves nothing", async () => {
    const sku = await product(database.db, 1);
    let runs = 0;

    const error = await errorOf(
      transact(database.db, async (tx) => {
        runs += 1;
        await products.put(tx, { sku, name: "龙井", price: "1.00", available: 99 });
        await sql`update products set sold = -1`.execute(tx);
      }),
    );

    expect(runs).toBe(1);
    expect([isRetryableConflict(error), isDatabaseUnavailable(error)]).toEqual([false, false]);
    expect(await countersOf(database.db, sku)).toMatchObject({ available: 1 });
  });

  test("waits for a row no longer than it may, and that is not the database being away", async () => {
    const sku = await product(database.db, 1);
    const holder = await database.db.startTransaction().execute();
    await products.lock(holder, sku);

    const error = await errorOf(
      transact(database.db, async (tx) => {
        await sql`set local lock_timeout = '100ms'`.execute(tx);
        await products.lock(tx, sku);
      }),
    );
    await holder.rollback().execute();

    expect([isLockTimeout(error), isDatabaseUnavailable(error)]).toEqual([true, false]);
  });

  test("has limits on what it waits for, from the pool", async () => {
    const { rows } = await sql`
      select current_setting('lock_timeout') as "lock", current_setting('statement_timeout') as "statement",
        current_setting('idle_in_transaction_session_timeout') as "idle"
    `.execute(database.db);

    expect(rows).toEqual([{ lock: "5s", statement: "30s", idle: "15s" }]);
  });
});

describe("the database is unavailable", () => {
  test("when nobody listens at its port", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = Object(server.address());
    server.close();
    await once(server, "close");

    for (const host of ["127.0.0.1", "localhost"]) {
      const gone = open(`postgres://postgres@${host}:${String(port)}/none`, 1);
      expect(isDatabaseUnavailable(await errorOf(health.ping(gone)))).toBe(true);
      await gone.destroy();
    }
  });

  test("when its name cannot be resolved", async () => {
    const gone = open("postgres://postgres@no-such-host.invalid/none", 1);

    expect(isDatabaseUnavailable(await errorOf(health.ping(gone)))).toBe(true);
    await gone.destroy();
  });

  test("when it accepts and says nothing", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const silent = open(`postgres://postgres@127.0.0.1:${String(Object(server.address()).port)}/none`, 1);

    const error = await errorOf(health.ping(silent));

    expect(isDatabaseUnavailable(error)).toBe(true);
    await silent.destroy();
    server.close();
  });

  test("when it ends the connection in the middle of a statement or of a transaction", async () => {
    const other = open(database.url, 2);
    const pidOf = async (tx: Parameters<Parameters<typeof transact>[1]>[0]) =>
      (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)).rows[0]?.pid ?? 0;
    const terminate = (pid: number) => sql`select pg_terminate_backend(${pid})`.execute(database.db);

    const between = await errorOf(
      transact(other, async (tx) => {
        await terminate(await pidOf(tx));
        await sql`select 1`.execute(tx);
      }),
    );
    const within = await errorOf(
      transact(other, async (tx) => {
        const pid = await pidOf(tx);
        setTimeout(() => void terminate(pid), 50);
        await sql`select pg_sleep(5)`.execute(tx);
      }),
    );

    expect([isDatabaseUnavailable(between), isDatabaseUnavailable(within)]).toEqual([true, true]);
    await health.ping(other);
    await other.destroy();
  });

  test("when every connection is taken for too long", async () => {
    const small = open(database.url, 1);
    const holder = await small.startTransaction().execute();

    const error = await errorOf(health.ping(small));

    expect(isDatabaseUnavailable(error)).toBe(true);
    await holder.rollback().execute();
    await small.destroy();
  });

  test("when the pool is closed already", async () => {
    const closed = open(database.url, 1);
    await health.ping(closed);
    await closed.destroy();

    expect(await errorOf(health.ping(closed))).toBeInstanceOf(Error);
  });

  test("but not when it refuses what we say, and not for errors of our own", async () => {
    const wrong = await errorOf(sql`select no_such_column`.execute(database.db));

    expect(isDatabaseUnavailable(wrong)).toBe(false);
    for (const error of [new Error("x"), "ECONNREFUSED", undefined, null, new TypeError("fetch failed")]) {
      expect(isDatabaseUnavailable(error)).toBe(false);
    }
  });
});
