import { setTimeout as sleep } from "node:timers/promises";

import { callbacks } from "@zhanggui/db";
import { describe, expect, test } from "vitest";

import { type OwnRedis, hasRedis } from "./support/redis-server.ts";
import { type World, hear, moneyOf, openWorld, paid, placeStarted, statusOf, until } from "./support/world.ts";

/** A sweep takes notices up only when they are five seconds old. */
const sweepPatienceMs = 12_000;

describe.skipIf(!hasRedis)("losing Redis", () => {
  const redisOf = ({ redis }: World): OwnRedis => {
    if (redis === undefined) throw new Error("this world has no redis");
    return redis;
  };
  const allAre =
    (world: World, placed: readonly Awaited<ReturnType<typeof placeStarted>>[], status: string) => async () => {
      const statuses = await Promise.all(placed.map((one) => statusOf(world, one)));
      return statuses.every((one) => one === status);
    };

  test("a Redis that is emptied is filled again, and everything settles and expires", async () => {
    const world = await openWorld({ kind: "redis", guardEverySeconds: 1 });
    const toPay = await Promise.all(Array.from({ length: 10 }, () => placeStarted(world)));
    const toExpire = await Promise.all(Array.from({ length: 5 }, () => placeStarted(world, 4)));

    const hearing = toPay.map((placed) => hear(world.engine, paid(placed)));
    await redisOf(world).empty();
    await Promise.all(hearing);
    await redisOf(world).empty();

    await until("all are paid", allAre(world, toPay, "paid"), sweepPatienceMs);
    await until("all are expired", allAre(world, toExpire, "cancelled"), sweepPatienceMs);
    for (const placed of toPay) expect(await moneyOf(world, placed)).toEqual(["39.80"]);
    await until("the sweep is back", () => world.producer.isScheduled("sweep", "sweep"));
  });

  test("timers come back into a Redis that was emptied", async () => {
    const world = await openWorld({ kind: "redis", guardEverySeconds: 1 });
    const placed = await placeStarted(world);

    await redisOf(world).empty();

    const id = `order-expiry.${placed.order.id}`;
    await until("its timer is back", () => world.producer.isScheduled("expire-order", id), 4_000);
  });

  test("notices that are recorded while Redis is dead settle when it is back, without waiting for a sweep", async () => {
    const world = await openWorld({ kind: "redis", guardEverySeconds: 60 });
    const placed = await Promise.all(Array.from({ length: 10 }, () => placeStarted(world)));

    await redisOf(world).kill();
    const heard = await Promise.all(placed.map((one) => hear(world.engine, paid(one))));
    await sleep(500);
    for (const { id } of heard) expect((await callbacks.find(world.db, id))?.state).toBe("received");
    await redisOf(world).start();

    await until("all are paid", allAre(world, placed, "paid"), 6_000);
    for (const one of placed) expect(await moneyOf(world, one)).toEqual(["39.80"]);
  });

  test("when Redis never comes back the guard settles and expires", async () => {
    const world = await openWorld({ kind: "redis", guardEverySeconds: 1 });
    const toPay = await Promise.all(Array.from({ length: 10 }, () => placeStarted(world)));
    const toExpire = await placeStarted(world, 2);

    await redisOf(world).kill();
    await Promise.all(toPay.map((placed) => hear(world.engine, paid(placed))));

    await until("all are paid", allAre(world, toPay, "paid"), sweepPatienceMs);
    await until("it is expired", allAre(world, [toExpire], "cancelled"), sweepPatienceMs);
  });
});
