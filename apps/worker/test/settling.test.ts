import { setTimeout as sleep } from "node:timers/promises";

import { callbacks, orders, payments } from "@zhanggui/db";
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
} from "./support/world.ts";

const backends = [
  { kind: "redis", isHere: hasRedis },
  { kind: "postgres", isHere: true },
] as const;

for (const { kind, isHere } of backends) {
  describe.skipIf(!isHere)(`settling by the pool on ${kind}`, () => {
    const isScheduled = ({ producer }: World, orderId: string) =>
      producer.isScheduled("expire-order", `order-expiry.${orderId}`);

    test("a recorded notice is settled, and the order's timer goes", async () => {
      const world = await openWorld({ kind });
      const placed = await placeStarted(world);
      expect(await isScheduled(world, placed.order.id)).toBe(true);

      const { id } = await hear(world.engine, paid(placed));

      await until("it is paid", async () => (await statusOf(world, placed)) === "paid");
      await until("its timer is gone", async () => !(await isScheduled(world, placed.order.id)));
      expect(await callbacks.find(world.db, id)).toMatchObject({ state: "processed", outcome: "paid", attempts: 1 });
      expect(await moneyOf(world, placed)).toEqual(["39.80"]);
    });

    test("twenty deliveries of one notice at once are settled once", async () => {
      const world = await openWorld({ kind });
      const placed = await placeStarted(world);
      const words = paid(placed);

      const heard = await Promise.all(Array.from({ length: 20 }, () => hear(world.engine, words)));

      await until("it is paid", async () => (await statusOf(world, placed)) === "paid");
      expect(new Set(heard.map(({ id }) => id)).size).toBe(1);
      expect(await moneyOf(world, placed)).toEqual(["39.80"]);
      expect((await actionsOf(world, placed)).filter((action) => action === "order.pay")).toHaveLength(1);
    });

    test("a timer that rings a moment before the database's clock waits for it", async () => {
      const world = await openWorld({ kind });
      const placed = await placeStarted(world, 2);
      await world.producer.unschedule("expire-order", `order-expiry.${placed.order.id}`);

      await world.producer.add("expire-order", { jobId: "early", payload: { orderId: placed.order.id } });

      await until("it is cancelled", async () => (await statusOf(world, placed)) === "cancelled");
      const order = await orders.find(world.db, placed.order.id);
      expect(order?.cancelled_at?.getTime()).toBeGreaterThanOrEqual(order?.expires_at.getTime() ?? 0);
    });

    test("an unpaid order expires at its deadline, once, and its timer goes", async () => {
      const world = await openWorld({ kind });
      const placed = await placeStarted(world, 2);

      await until("it is cancelled", async () => (await statusOf(world, placed)) === "cancelled");
      await sleep(1_500);

      const order = await orders.find(world.db, placed.order.id);
      const lateMs = (order?.cancelled_at?.getTime() ?? 0) - (order?.expires_at.getTime() ?? 0);
      expect(order?.cancel_reason).toBe("expired");
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThan(2_000);
      expect((await payments.ofOrder(world.db, placed.order.id)).map(({ status }) => status)).toEqual(["expired"]);
      expect((await actionsOf(world, placed)).filter((action) => action === "order.cancel")).toHaveLength(1);
      expect(await isScheduled(world, placed.order.id)).toBe(false);
      expect(world.runs.filter(({ name }) => name === "expire-order")).toHaveLength(1);
    });

    test("a job for a notice that does not exist is given up at once", async () => {
      const world = await openWorld({ kind });

      await world.producer.add("settle-callback", { jobId: "till.nothing", payload: { callbackId: "cb_nothing" } });

      await until("it failed", () => world.runs.length === 1);
      await sleep(800);
      expect(world.runs.map(({ error }) => error?.message)).toEqual(['callback_not_found {"callbackId":"cb_nothing"}']);
    });
  });
}
