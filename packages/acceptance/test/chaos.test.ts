import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { eventually } from "./world/eventually.ts";
import { ask } from "./world/http.ts";
import { type Played, playLoad, type Troubles, walkedAwayMs } from "./world/load.ts";
import { seed } from "./world/random.ts";
import { redisCommand } from "./world/redis-command.ts";
import { admin, product, standing, stockOf, viewer } from "./world/shop.ts";
import { terminateConnections } from "./world/terminate-connections.ts";
import { backends, startWorld, type World } from "./world/world.ts";

const pieces = 1_000;
const buyers = 12;
/**
 * What was acknowledged is settled within so long after the last trouble. A killed worker's job is given to another one
 * only when its lock (15 s) has run out and the stall check (5 s) came round.
 */
const settledWithinMs = 30_000;
const gatewayPatienceMs = 5_000;

type Trouble = { readonly name: string; readonly ordersEach: number; readonly make: (world: World) => Promise<void> };

const everywhere: readonly Trouble[] = [
  {
    name: "the worker and the api are killed and come back",
    ordersEach: 12,
    make: async ({ api, worker }) => {
      await sleep(400);
      await worker.kill();
      await sleep(400);
      await Promise.all([worker.start(), api.kill().then(api.start)]);
    },
  },
  {
    name: "every database connection is cut, three times",
    ordersEach: 10,
    make: async ({ url, databaseUrl }) => {
      for (let cut = 0; cut < 3; cut += 1) {
        await sleep(500);
        expect(await terminateConnections(databaseUrl)).toBeGreaterThan(0);
        expect((await ask(url, "GET", "/healthz")).status).toBe(200);
      }
    },
  },
];

const onRedis: readonly Trouble[] = [
  {
    name: "Redis is killed, restarted, and emptied",
    ordersEach: 12,
    make: async ({ redis }) => {
      if (redis === undefined) throw new Error("no redis");
      await sleep(400);
      await redis.kill();
      await sleep(800);
      await redis.start();
      await sleep(400);
      expect(await redisCommand(redis.port, "FLUSHALL")).toBe("+OK");
    },
  },
  {
    name: "Redis hangs for five seconds",
    ordersEach: 12,
    make: async ({ redis }) => {
      await sleep(400);
      redis?.freeze();
      await sleep(5_000);
      redis?.thaw();
    },
  },
];

describe.each(backends)("with the queue in %s", (backend) => {
  let world: World;

  beforeAll(async () => {
    process.stdout.write(`chaos on ${backend}: ACCEPTANCE_SEED=${seed}\n`);
    world = await startWorld(backend);
  });

  afterEach(({ task }) => {
    world.redis?.thaw();
    if (task.result?.state !== "fail") return;
    process.stdout.write(
      `ACCEPTANCE_SEED=${seed}\n${problemsIn(world.api.log())}\n${problemsIn(world.worker.log())}\n`,
    );
  });

  afterAll(async () => {
    const { wrong } = await world.stock.stop();
    await world.stop();
    expect(wrong, "available + reserved + sold changed").toEqual([]);
  });

  test.each(backend === "redis" ? [...onRedis, ...everywhere] : everywhere)("$name", (trouble) => survive(trouble));

  async function survive({ name, make, ordersEach }: Trouble): Promise<void> {
    const round = name.replaceAll(/[^a-z]+/gi, "-");
    const skus = [await product(world, pieces, "19.90"), await product(world, pieces, "0.07")];
    const troubles: Troubles = { forbidden: new Set(), retries: 0, slowestMs: 0 };

    const [played] = await Promise.all([playLoad(world, { round, skus, buyers, ordersEach, troubles }), make(world)]);

    const troubleEndedAt = performance.now();
    expect(played).toHaveLength(buyers * ordersEach);
    await eventually(() => everyoneServed(world, played), settledWithinMs + walkedAwayMs);
    const settledMs = Math.round(performance.now() - troubleEndedAt);
    const { forbidden, retries, slowestMs } = troubles;
    process.stdout.write(
      `  ${played.length} orders, ${retries} retries, slowest answer to a gateway ${Math.round(slowestMs)} ms, settled ${settledMs} ms later\n`,
    );
    expect([...forbidden], "answers that are neither success nor 503").toEqual([]);
    expect(slowestMs).toBeLessThan(gatewayPatienceMs);
    await countedOnce(world, played, skus);
  }
});

/** Whoever paid has it, and whoever walked away holds nothing any more. */
async function everyoneServed(world: World, played: readonly Played[]): Promise<void> {
  const { body } = await ask(world.url, "GET", "/admin/callbacks?state=received&limit=100", { token: viewer });
  expect(body.callbacks.length, "acknowledged notices without an outcome").toBe(0);
  for (const { placed, intent, transactionIds } of played) {
    const { order, payments } = await standing(world, placed);
    const said = `${intent} ${placed.orderId}`;
    expect([said, order.status]).toEqual([said, intent === "walk_away" ? "cancelled" : "paid"]);
    expect([said, payments[0].status]).toEqual([said, intent === "walk_away" ? "expired" : "succeeded"]);
    if (intent !== "walk_away") expect(transactionIds).toContain(payments[0].transactionId);
  }
}

async function countedOnce(world: World, played: readonly Played[], skus: readonly string[]): Promise<void> {
  for (const sku of skus) {
    const sold = played
      .filter((one) => one.sku === sku && one.intent !== "walk_away")
      .reduce((sum, { quantity }) => sum + quantity, 0);
    expect(await stockOf(world, sku)).toEqual({ available: pieces - sold, reserved: 0, sold });
  }
  const mine = new Set(played.map(({ placed }) => placed.orderId));
  const cases = new Map<string, number>();
  for (const { kind, orderId } of await all(world, "exceptions")) {
    if (mine.has(orderId)) cases.set(kind, (cases.get(kind) ?? 0) + 1);
  }
  const twice = played.filter(({ intent }) => intent === "pay_twice").length;
  expect(Object.fromEntries(cases)).toEqual(twice === 0 ? {} : { surplus_payment: twice });
  const failed = await ask(world.url, "GET", "/admin/callbacks?state=failed", { token: admin });
  expect(failed.body.callbacks).toEqual([]);
}

async function all(world: World, list: string): Promise<readonly { kind: string; orderId: string }[]> {
  const found: { kind: string; orderId: string }[] = [];
  let cursor: string | null = null;
  do {
    const page: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await ask(world.url, "GET", `/admin/${list}?limit=100${page}`, { token: viewer });
    found.push(...body[list]);
    cursor = body.nextCursor;
  } while (cursor !== null);
  return found;
}

/** Errors, and what a dying process said without our logger. */
const worthReading = /"level":"(?:error|fatal)"|^[^{]/;
const longestExcerpt = 30;
const longestLine = 400;

function problemsIn(log: string): string {
  return log
    .split("\n")
    .filter((line) => worthReading.test(line))
    .map((line) => line.slice(0, longestLine))
    .slice(-longestExcerpt)
    .join("\n");
}
