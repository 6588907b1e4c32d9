import { requestQuery } from "@zhanggui/operations";
import { describe, expect, test } from "vitest";

import { openGateway } from "./support/gateway.ts";
import { hasRedis } from "./support/redis-server.ts";
import { type World, customerId, openWorld, paid, placeStarted, statusOf, until } from "./support/world.ts";

const backends = [
  { kind: "redis", isHere: hasRedis },
  { kind: "postgres", isHere: true },
] as const;

async function makeDue({ db }: World, paymentId: string): Promise<void> {
  await db
    .updateTable("payments")
    .set({ next_query_at: new Date(0) })
    .where("id", "=", paymentId)
    .execute();
}

for (const { kind, isHere } of backends) {
  describe.skipIf(!isHere)(`asking gateways by the pool on ${kind}`, () => {
    test("a payment whose callback never comes is found, and its order is paid", async () => {
      const gateway = await openGateway();
      const world = await openWorld({ kind, guardEverySeconds: 3_600, gateUrl: gateway.url });
      const placed = await placeStarted(world, undefined, "gate");
      gateway.say({ code: "SUCCESS", ...paid(placed) });
      await makeDue(world, placed.payment.id);

      await until("it is paid", async () => (await statusOf(world, placed)) === "paid");

      expect(gateway.queries()).toBe(1);
      expect(world.runs.map(({ name }) => name)).not.toContain("settle-callback");
    });

    test("a round that comes before an attempt's time asks nothing", async () => {
      const gateway = await openGateway();
      const world = await openWorld({ kind, guardEverySeconds: 3_600, gateUrl: gateway.url });
      await placeStarted(world, undefined, "gate");

      await until("two rounds came", () => world.runs.filter(({ name }) => name === "query-payments").length >= 2);

      expect(gateway.queries()).toBe(0);
    });

    test('a customer who says "I have paid" waits for no round', async () => {
      const gateway = await openGateway();
      const world = await openWorld({ kind, gateUrl: gateway.url });
      const placed = await placeStarted(world, undefined, "gate");
      gateway.say({ code: "SUCCESS", ...paid(placed) });

      await requestQuery(world.engine, { customerId, paymentId: placed.payment.id });

      await until("it is paid", async () => (await statusOf(world, placed)) === "paid");
      await until("the job is done", () => world.runs.some(({ name }) => name === "query-payments"));
      expect(world.runs).toHaveLength(1);
    });

    test("without any job left in the queue the sweep finds what is due, and the rounds come back", async () => {
      const gateway = await openGateway();
      const world = await openWorld({ kind, guardEverySeconds: 1, gateUrl: gateway.url });
      const placed = await placeStarted(world, undefined, "gate");
      await until("a round came", () => world.runs.some(({ name }) => name === "query-payments"));

      if (world.redis === undefined) await world.producer.unschedule("query-payments", "query-payments");
      else await world.redis.empty();
      gateway.say({ code: "SUCCESS", ...paid(placed) });
      await makeDue(world, placed.payment.id);

      await until("it is paid", async () => (await statusOf(world, placed)) === "paid");
      await until("the rounds are back", () => world.producer.isScheduled("query-payments", "query-payments"));
    });
  });
}
