import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { type Db, audit, type callbacks, migrate, openDatabase, orders, receipts } from "@zhanggui/db";
import { sign, verifyCallback } from "@zhanggui/gateways";
import {
  type Engine,
  type PlacedOrder,
  placeOrder,
  putProduct,
  recordCallback,
  startPayment,
} from "@zhanggui/operations";
import {
  type JobRun,
  type Producer,
  type QueueBackend,
  createBell,
  migrateQueue,
  openPool,
  openProducer,
} from "@zhanggui/queue";
import { type FreshDatabase, freshDatabase } from "@zhanggui/testing";
import { onTestFinished } from "vitest";

import { startGuard } from "../../src/guard.ts";
import { buildProcessors } from "../../src/processors.ts";
import { type OwnRedis, placeForRedis } from "./redis-server.ts";

export const secret = "a test secret of enough length";
export const customerId = "customer-1";
const sku = "tea-0001";

const migrations = new URL("../../../../packages/db/migrations/", import.meta.url);

/** A database of its own with our tables and BullMQ's. */
export async function workerDatabase(): Promise<FreshDatabase> {
  const hash = createHash("sha256").update("worker");
  for (const file of (await readdir(migrations)).toSorted()) hash.update(await readFile(new URL(file, migrations)));
  return freshDatabase({
    name: hash.digest("hex"),
    migrate: async (url) => {
      const db = openDatabase({ url, name: "migrate", poolSize: 1, onError: () => undefined });
      await migrate(db);
      await db.destroy();
      await migrateQueue(url);
    },
  });
}

export type World = {
  readonly engine: Engine;
  readonly db: Db;
  readonly url: string;
  readonly producer: Producer;
  readonly runs: JobRun[];
  readonly redis: OwnRedis | undefined;
};

export type WorldOptions = {
  readonly kind: QueueBackend["kind"];
  /** With a guard the sweep comes round this often; without, nobody sweeps and the queue is all there is. */
  readonly guardEverySeconds?: number;
  readonly recheckSeconds?: number;
  /** Where the provider `gate` is called. */
  readonly gateUrl?: string;
};

/** A worker as `main.ts` makes it, on a real database and a real queue, that is taken down after the test. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const { kind, guardEverySeconds, recheckSeconds = 1, gateUrl } = options;
  const database = await workerDatabase();
  onTestFinished(database.drop);
  const redis = kind === "redis" ? await placeForRedis() : undefined;
  if (redis !== undefined) {
    onTestFinished(redis.remove);
    await redis.start();
  }
  const backend: QueueBackend =
    redis === undefined ? { kind: "postgres", url: database.url } : { kind: "redis", nodes: [redis.url] };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

  const db = openDatabase({ url: database.url, name: "worker-test", poolSize: 24, onError: () => undefined });
  onTestFinished(() => db.destroy());
  const producer = await openProducer(backend, log, () => performance.now());
  onTestFinished(() => producer.close());
  const engine: Engine = {
    db,
    wake: createBell(producer, { recheckSeconds }),
    providers: new Map([
      ["till", { kind: "hmac", secret }],
      ["gate", { kind: "hmac", secret, ...(gateUrl === undefined ? {} : { baseUrl: gateUrl }) }],
    ]),
    outside: { fetch, now: () => new Date() },
    log,
    publicUrl: "http://shop.test",
    orderTtlSeconds: 1_800,
    secondPersonLimit: "5000.00",
    latePaymentPolicies: { otherwise: "hold", byProvider: {} },
  };
  const runs: JobRun[] = [];
  let guard: ReturnType<typeof startGuard> | undefined;
  const sweepSeconds = guardEverySeconds ?? 3_600;
  const pool = await openPool({
    backend,
    processors: buildProcessors(engine, sweepSeconds),
    log,
    onRun: (run) => runs.push(run),
    onReconnect: () => guard?.queueCameBack(),
  });
  if (guardEverySeconds !== undefined) guard = startGuard(engine, producer, sweepSeconds);
  onTestFinished(async () => {
    await Promise.all([guard?.close(), pool.close()]);
  });
  await putProduct(engine, { sku, name: "龙井", price: "39.80", available: 1_000, actor: "test", reason: undefined });
  await pool.ready();
  return { engine, db, url: database.url, producer, runs, redis };
}

/** An order whose payment has been started, with a deadline so many seconds ahead. */
export async function placeStarted({ engine }: World, ttlSeconds?: number, provider = "till"): Promise<PlacedOrder> {
  const items = [{ sku, quantity: 1 }];
  const placed = await placeOrder(engine, { customerId, provider, items, ttlSeconds });
  await startPayment(engine, { customerId, paymentId: placed.payment.id });
  return placed;
}

let transactions = 0;

/** The words of a success for the full price. */
export function paid({ payment }: PlacedOrder): Readonly<Record<string, string>> {
  transactions += 1;
  return {
    out_trade_no: payment.outTradeNo,
    transaction_id: `T${process.pid}${transactions}`,
    amount: payment.amount,
    status: "SUCCESS",
  };
}

/** Signs what a gateway says, verifies it as the callbacks route does, and records it. */
export async function hear(
  engine: Engine,
  words: Readonly<Record<string, string>>,
  provider = "till",
): Promise<callbacks.Recorded> {
  const body = Buffer.from(JSON.stringify({ ...words, sign: sign(new Map(Object.entries(words)), secret) }));
  const headers = { "content-type": "application/json" };
  const verified = await verifyCallback(
    { kind: "hmac", secret },
    { method: "POST", path: `/callbacks/${provider}`, headers, body },
    { now: new Date(), production: true },
  );
  if (!verified.ok) throw new Error(`refused: ${verified.reason}`);
  return recordCallback(engine, { ...verified, provider, headers, body });
}

/** The same engine with nobody at the bell. */
export function withoutBell(engine: Engine): Engine {
  const ignore = async () => undefined;
  return {
    ...engine,
    wake: {
      settle: ignore,
      resettle: ignore,
      expireAt: ignore,
      forgetExpiry: ignore,
      query: ignore,
      sendRefund: ignore,
      resendRefunds: ignore,
    },
  };
}

export async function statusOf({ db }: World, { order }: PlacedOrder): Promise<string | undefined> {
  return (await orders.find(db, order.id))?.status;
}

export async function actionsOf({ db }: World, { order }: PlacedOrder): Promise<string[]> {
  return (await audit.ofOrder(db, order.id)).map(({ action }) => action);
}

export async function moneyOf({ db }: World, { order }: PlacedOrder): Promise<string[]> {
  return (await receipts.ofOrder(db, order.id)).map(({ amount }) => amount);
}

/** Waits until it holds; fails by saying for what it waited. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 5_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await sleep(20);
  }
}
