import { refunds } from "@zhanggui/db";
import { refundOrder } from "@zhanggui/operations";
import { describe, expect, test } from "vitest";

import { hasRedis } from "./support/redis-server.ts";
import { startRefundingGateway } from "./support/refunding-gateway.ts";
import { type World, hear, openWorld, paid, placeStarted, statusOf, until, withoutBell } from "./support/world.ts";

const backends = [
  { kind: "redis", isHere: hasRedis },
  { kind: "postgres", isHere: true },
] as const;

async function paidOrder(world: World) {
  const placed = await placeStarted(world, undefined, "gate");
  await hear(world.engine, paid(placed), "gate");
  await until("it is paid", async () => (await statusOf(world, placed)) === "paid");
  return placed;
}

async function refund({ engine }: Pick<World, "engine">, orderId: string) {
  const asked = await refundOrder(engine, { orderId, actor: "operator-1", reason: "asked for" });
  if (!("refund" in asked)) throw new Error("the refund was only proposed");
  return asked;
}

for (const { kind, isHere } of backends) {
  describe.skipIf(!isHere)(`refunding by the pool on ${kind}`, () => {
    test("a refund that was asked for is sent once, and its order ends", async () => {
      const gateway = await startRefundingGateway();
      const world = await openWorld({ kind, gateUrl: gateway.url });
      const placed = await paidOrder(world);

      const { refund: asked } = await refund(world, placed.order.id);

      await until("it is refunded", async () => (await statusOf(world, placed)) === "refunded");
      expect([...gateway.asked]).toEqual([[asked.outRefundNo, 1]]);
    });

    test("a refund whose job was lost is sent by the sweep", async () => {
      const gateway = await startRefundingGateway();
      const world = await openWorld({ kind, gateUrl: gateway.url, guardEverySeconds: 1 });
      const placed = await paidOrder(world);

      await refund({ engine: withoutBell(world.engine) }, placed.order.id);

      await until("it is refunded", async () => (await statusOf(world, placed)) === "refunded", 10_000);
    });

    test("a refund whose answer was lost is asked about again, and made once", async () => {
      const gateway = await startRefundingGateway();
      const world = await openWorld({ kind, gateUrl: gateway.url, guardEverySeconds: 1 });
      const placed = await paidOrder(world);
      gateway.silentTimes = 1;

      const { refund: asked } = await refund(world, placed.order.id);
      await until("its outcome is unknown", async () => (await refunds.find(world.db, asked.id))?.status === "unknown");
      await world.db
        .updateTable("refunds")
        .set({ next_ask_at: new Date(0) })
        .where("id", "=", asked.id)
        .execute();

      await until("it is refunded", async () => (await statusOf(world, placed)) === "refunded", 10_000);
      expect(gateway.asked.get(asked.outRefundNo)).toBe(1);
    });

    test("a job for a refund that does not exist is given up at once", async () => {
      const world = await openWorld({ kind });

      await world.producer.add("send-refund", { jobId: "ref_nothing", payload: { refundId: "ref_nothing" } });

      await until("it failed", () => world.runs.some(({ name }) => name === "send-refund"));
      expect(world.runs.find(({ name }) => name === "send-refund")?.error?.message).toContain("refund_not_found");
    });
  });
}
