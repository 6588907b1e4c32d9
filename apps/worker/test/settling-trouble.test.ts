import { callbacks, orders } from "@zhanggui/db";
import type { PlacedOrder } from "@zhanggui/operations";
import pg from "pg";
import { describe, expect, test } from "vitest";

import { hasRedis } from "./support/redis-server.ts";
import {
  type World,
  actionsOf,
  hear,
  moneyOf,
  openWorld,
  paid,
  placeStarted,
  statusOf,
  until,
  withoutBell,
} from "./support/world.ts";

const backends = [
  { kind: "redis", isHere: hasRedis },
  { kind: "postgres", isHere: true },
] as const;

for (const { kind, isHere } of backends) {
  describe.skipIf(!isHere)(`settling in spite of trouble on ${kind}`, () => {
    test("an order that somebody holds for longer than we wait is settled when it is free", async () => {
      const world = await openWorld({ kind });
      const placed = await placeStarted(world);
      const letGo = await hold(world, placed);

      const { id } = await hear(world.engine, paid(placed));
      await until("a try failed", async () => (await callbacks.find(world.db, id))?.error !== null, 9_000);
      await letGo();

      await until("it is paid", async () => (await statusOf(world, placed)) === "paid", 6_000);
      expect(await callbacks.find(world.db, id)).toMatchObject({ state: "processed", error: null });
      expect(await moneyOf(world, placed)).toEqual(["39.80"]);
    });

    test("a settlement whose database connections are ended is done again", async () => {
      const world = await openWorld({ kind });
      const placed = await placeStarted(world);
      const admin = new pg.Client({ connectionString: world.url, application_name: "admin" });
      await admin.connect();
      await admin.query("begin");
      await admin.query("select from orders where id = $1 for update", [placed.order.id]);

      await hear(world.engine, paid(placed));
      const watcher = new pg.Client({ connectionString: world.url, application_name: "watcher" });
      await watcher.connect();
      const ended = async () => {
        const { rowCount } = await watcher.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name = 'worker-test' and wait_event_type = 'Lock'`,
        );
        return rowCount === 1;
      };
      await until("the settlement waits, and is cut off", ended);
      await admin.query("rollback");
      await Promise.all([admin.end(), watcher.end()]);

      await until("it is paid", async () => (await statusOf(world, placed)) === "paid");
      expect(await moneyOf(world, placed)).toEqual(["39.80"]);
      expect(world.runs.some(({ error }) => error !== undefined)).toBe(true);
    });

    test("a notice whose last try failed is marked, and a redelivery takes it up again", async () => {
      const world = await openWorld({ kind });
      const placed = await placeStarted(world);
      const words = paid(placed);
      const { id } = await hear(withoutBell(world.engine), words);
      const row = await callbacks.find(world.db, id);
      const { callbacks: queue } = await world.producer.queues();
      const letGo = await hold(world, placed);

      await queue.add("settle-callback", { callbackId: id }, { jobId: `till.${row?.event_key}`, attempts: 1 });
      await until("it is marked", async () => (await callbacks.find(world.db, id))?.state === "failed", 9_000);
      expect((await callbacks.find(world.db, id))?.error).toContain("lock timeout");
      await letGo();
      await hear(world.engine, words);

      await until("it is paid", async () => (await statusOf(world, placed)) === "paid");
      expect(await callbacks.find(world.db, id)).toMatchObject({ state: "processed", deliveries: 2, error: null });
      expect(await actionsOf(world, placed)).toContain("order.pay");
    });
  });
}

/** Locks an order from another connection until it is let go. */
async function hold({ db }: World, { order }: PlacedOrder): Promise<() => Promise<void>> {
  const locked = Promise.withResolvers<void>();
  const free = Promise.withResolvers<void>();
  const holding = db.transaction().execute(async (tx) => {
    await orders.lock(tx, order.id);
    locked.resolve();
    await free.promise;
  });
  await locked.promise;
  return () => {
    free.resolve();
    return holding;
  };
}
