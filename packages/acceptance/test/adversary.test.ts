import { setTimeout as sleep } from "node:timers/promises";

import { freePort } from "@zhanggui/embedded";
import { describe, expect, test } from "vitest";

import { type Adversary, startAdversary } from "./adversary/adversary.ts";
import { sayPaid, shop } from "./adversary/buyers.ts";
import { judge } from "./adversary/judge.ts";
import { refundSome, resolveAll } from "./adversary/operators.ts";
import { opsCheck } from "./adversary/ops-check.ts";
import { type Till, all, readTill } from "./adversary/till.ts";
import { eventually } from "./world/eventually.ts";
import { seed } from "./world/random.ts";
import { redisCommand } from "./world/redis-command.ts";
import { product } from "./world/shop.ts";
import { backends, startWorld, type World } from "./world/world.ts";

/** A longer run of one's own: ADVERSARY_ORDERS=600. */
const orders = Number(process.env.ADVERSARY_ORDERS ?? 108);
const buyers = 12;
const ttlSeconds = 3;
/** Fewer than are wanted: some orders are refused, and some late money finds its pieces sold. */
const piecesEach = Math.ceil(orders * 0.35);
/** Two open refunds' asks (15 s, 30 s), and the follow-up of what a gateway would not close (60 s). */
const settledWithinMs = Number(process.env.ADVERSARY_PATIENCE_MS ?? 60_000);
const heardWithinMs = 30_000;
const testLimitMs = 240_000;

describe.each(backends)("with the queue in %s", (backend) => {
  test(
    "no fen is lost to a gateway that lies, stalls, pays late, pays twice and loses answers",
    async ({ onTestFinished }) => {
      process.stdout.write(`adversary on ${backend}: ACCEPTANCE_SEED=${seed}\n`);
      const port = await freePort();
      const providers = ["gate1", "gate2", "gate3"];
      const adversary = await startAdversary({ providers, port, ttlMs: ttlSeconds * 1_000 });
      onTestFinished(adversary.stop);
      const world = await startWorld(backend, {
        providers: Object.fromEntries(
          providers.map((id) => [id, { kind: "hmac", secret: adversary.secret(id), baseUrl: adversary.url(id) }]),
        ),
        environment: {
          LATE_PAYMENT_POLICY: "hold,gate2=refund,gate3=revive",
          ORDER_TTL_SECONDS: String(ttlSeconds),
          EXPIRY_RECHECK_SECONDS: "1",
          SWEEP_SECONDS: "1",
          SECOND_PERSON_LIMIT: "1000.00",
        },
      });
      onTestFinished(async () => {
        await world.stock.stop();
        await world.stop();
      });
      adversary.callbackUrl = `${world.url}/callbacks`;
      const skus: string[] = [];
      for (const price of ["19.90", "0.07", "5.00", "128.88", "33.33"])
        skus.push(await product(world, piecesEach, price));

      const shopping = { url: world.url, providers, skus, buyers, ordersEach: Math.ceil(orders / buyers) };
      const [placed] = await Promise.all([shop(shopping), trouble(world)]);
      await adversary.quiet();
      await eventually(() => everythingHeard(world), heardWithinMs);
      await eventually(async () => {
        const held = await readTill(world.url);
        await sayPaid(world.url, held, adversary.trades);
        expect(judge(adversary.trades, held, "meanwhile"), `seed ${seed}`).toEqual([]);
        process.stdout.write(`  ${placed.length} orders, ${adversary.trades.size} numbers, ${tally(held)}\n`);
      }, heardWithinMs);

      const refunded = await refundSome(world.url, adversary.random);
      const underWay = async () => {
        await adversary.quiet();
        return (await readTill(world.url)).orders.flatMap((one) => movingIn(one, adversary));
      };
      const stuck = await resolveAll(world.url, settledWithinMs, underWay);
      const settled = await readTill(world.url);
      process.stdout.write(`  ${refunded} orders refunded besides, ${tally(settled)}\n`);

      expect(stuck, `seed ${seed}`).toEqual([]);
      expect(judge(adversary.trades, settled, "in the end"), `seed ${seed}`).toEqual([]);
      expect(adversary.complaints, `seed ${seed}`).toEqual([]);
      expect((await world.stock.stop()).wrong, "available + reserved + sold changed").toEqual([]);
      expect(await opsCheck(world.databaseUrl)).toMatchObject({ code: 0 });
    },
    testLimitMs,
  );
});

/** A worker that is killed and comes back, and a Redis that forgets everything. */
async function trouble({ worker, redis }: World): Promise<void> {
  await sleep(3_000);
  await worker.kill();
  await sleep(800);
  await worker.start();
  if (redis === undefined) return;
  await sleep(800);
  expect(await redisCommand(redis.port, "FLUSHALL")).toBe("+OK");
}

async function everythingHeard(world: World): Promise<void> {
  expect(await all(world.url, "callbacks", "callbacks", "&state=received")).toEqual([]);
  expect(await all(world.url, "callbacks", "callbacks", "&state=failed")).toEqual([]);
  expect(await all(world.url, "orders", "orders", "&status=pending")).toEqual([]);
}

function movingIn({ order, refunds }: Till["orders"][number], { trades }: Adversary): readonly string[] {
  const known = [...trades.values()].flatMap(({ returns }) => returns);
  const storyOf = (number: string) => known.find(({ outRefundNo }) => outRefundNo === number)?.story ?? "not heard of";
  const moving = refunds.filter(({ status }: { status: string }) => status !== "succeeded" && status !== "failed");
  return [
    ...(order.status === "pending" ? [`${order.id} is pending`] : []),
    ...moving.map(
      ({ outRefundNo, status }: { outRefundNo: string; status: string }) =>
        `${order.id}: ${outRefundNo} is ${status} [${storyOf(outRefundNo)}]`,
    ),
  ];
}

function tally({ orders: some, exceptions }: Till): string {
  const open = exceptions.filter(({ state }) => state === "open");
  const count = (names: readonly string[]) =>
    [...Map.groupBy(names, (name) => name)].map(([name, { length }]) => `${length} ${name}`).join(", ");
  return `${count(some.map(({ order }) => order.status))}; open cases: ${count(open.map(({ kind }) => kind)) || "none"}`;
}
