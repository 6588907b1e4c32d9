import { setTimeout as sleep } from "node:timers/promises";

import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { type Producer, type QueueBackend, countJobs, listJobs, openPool, openProducer } from "../src/index.ts";
import { listen, testPool, testProducer, timed, until } from "./support/bench.ts";
import { type OwnRedis, hasRedis, ownRedis, placeForRedis } from "./support/redis-server.ts";

/** The longest that any call may take, with some room for a busy machine. */
const boundMs = 1_300;
/** How long after Redis is back everything must work again. */
const recoveryMs = 2_000;

const unhandled: unknown[] = [];
const keepUnhandled = (reason: unknown) => unhandled.push(reason);
beforeAll(() => void process.on("unhandledRejection", keepUnhandled));
afterAll(() => void process.off("unhandledRejection", keepUnhandled));
afterEach(() => expect(unhandled).toEqual([]));

describe.skipIf(!hasRedis)("when Redis is in trouble", () => {
  const at = ({ url }: OwnRedis): QueueBackend => ({ kind: "redis", nodes: [url] });

  async function someRedis(): Promise<OwnRedis> {
    const redis = await ownRedis();
    onTestFinished(redis.remove);
    return redis;
  }

  let jobs = 0;
  const add = (producer: Producer) => {
    jobs += 1;
    return producer.add("settle-callback", { jobId: `mock.n${jobs}`, payload: { callbackId: `cb_${jobs}` } });
  };

  /** Everything that a producer can be asked, each at once. */
  const everything = (producer: Producer): Promise<unknown>[] => [
    add(producer),
    producer.rearm("settle-callback", [{ jobId: "mock.r1", payload: { callbackId: "cb_r1" } }]),
    producer.schedule("expire-order", { schedulerId: "order-expiry.x", everySeconds: 60, payload: { orderId: "x" } }),
    producer.unschedule("expire-order", "order-expiry.x"),
    producer.isScheduled("expire-order", "order-expiry.x"),
    producer.ping(),
    countJobs(producer),
    listJobs(producer, { queue: undefined, state: undefined, offset: 0, limit: 10 }),
  ];

  async function expectAllRefusedWithin(producer: Producer, limitMs: number): Promise<void> {
    const results = await Promise.all(everything(producer).map(timed));
    expect(results.filter(({ error }) => error === undefined)).toEqual([]);
    for (const { ms } of results) expect(ms).toBeLessThan(limitMs);
  }

  async function expectBackWithin(producer: Producer, limitMs: number): Promise<void> {
    await until(
      "the queue takes jobs again",
      () =>
        add(producer).then(
          () => true,
          () => false,
        ),
      limitMs,
    );
    await Promise.all(everything(producer));
  }

  test("a Redis that hangs delays the first callers by a second and the next ones not at all", async () => {
    const redis = await someRedis();
    const producer = await testProducer(at(redis));
    await add(producer);

    redis.freeze();
    await expectAllRefusedWithin(producer, boundMs);
    const next = await timed(add(producer));
    redis.thaw();

    expect(next.error).toEqual(new Error("the queue failed a moment ago"));
    expect(next.ms).toBeLessThan(20);
    await expectBackWithin(producer, recoveryMs);
  });

  test("of 2,000 callers during three hung seconds only the first second's wait, and one in each second after", async () => {
    const redis = await someRedis();
    const producer = await testProducer(at(redis));
    await add(producer);

    redis.freeze();
    const calls: Promise<{ ms: number; error: unknown }>[] = [];
    for (let tick = 0; tick < 40; tick += 1) {
      for (let caller = 0; caller < 50; caller += 1) calls.push(timed(add(producer)));
      await sleep(75);
    }
    const results = await Promise.all(calls);
    redis.thaw();

    for (const { ms, error } of results) {
      expect(error).toBeInstanceOf(Error);
      expect(ms).toBeLessThan(boundMs);
    }
    const later = results.slice(1_000).filter(({ ms }) => ms > 100);
    expect(later.length).toBeLessThanOrEqual(3);
    await expectBackWithin(producer, recoveryMs);
  });

  test("a big batch into a Redis that hangs is bounded, and may be sent again", async () => {
    const redis = await someRedis();
    const producer = await testProducer(at(redis));
    const wanted = Array.from({ length: 500 }, (_, n) => ({ jobId: `mock.b${n}`, payload: { callbackId: `cb_${n}` } }));
    await add(producer);

    redis.freeze();
    const { ms, error } = await timed(producer.rearm("settle-callback", wanted));
    redis.thaw();
    await expectBackWithin(producer, recoveryMs);
    await producer.rearm("settle-callback", wanted);

    expect(error).toBeInstanceOf(Error);
    expect(ms).toBeLessThan(boundMs);
    const ids = await listJobs(producer, { queue: "callbacks", state: "waiting", offset: 0, limit: 1_000 });
    expect(ids.filter(({ id }) => id.startsWith("mock.b"))).toHaveLength(500);
  });

  test("a Redis that was killed refuses within a second, and loses nothing when it is back", async () => {
    const redis = await someRedis();
    const producer = await testProducer(at(redis));
    await add(producer);
    await sleep(1_100);

    const inFlight = Array.from({ length: 50 }, () => timed(add(producer)));
    await redis.kill();
    for (const { ms } of await Promise.all(inFlight)) expect(ms).toBeLessThan(boundMs);
    await expectAllRefusedWithin(producer, boundMs);
    await redis.start();

    await expectBackWithin(producer, recoveryMs);
    expect((await countJobs(producer)).callbacks.waiting).toBeGreaterThanOrEqual(2);
  });

  test("a Redis that is not there at the start stops nobody, and is used when it comes", async () => {
    const redis = await placeForRedis();
    onTestFinished(redis.remove);
    const log = listen();
    const startedAt = performance.now();
    const producer = await testProducer(at(redis), log);
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    expect(log.lines).toContainEqual(expect.stringContaining("going on without a queue"));
    const pool = await testPool(at(redis));

    await expectAllRefusedWithin(producer, 100);
    await redis.start();

    await expectBackWithin(producer, recoveryMs);
    expect(await pool.ready()).toBe(true);
    await until("the pool works", () => pool.runs.length > 0);
  });

  test("a Redis that hangs at the start stops nobody, and is used when it wakes", async () => {
    const redis = await someRedis();
    redis.freeze();
    const startedAt = performance.now();
    const producer = await testProducer(at(redis));
    expect(performance.now() - startedAt).toBeLessThan(4_500);
    const pool = await testPool(at(redis));

    redis.thaw();

    await expectBackWithin(producer, recoveryMs + 1_000);
    expect(await pool.ready()).toBe(true);
    await until("the pool works", () => pool.runs.length > 0);
  });
  test("an emptied Redis is used on as if nothing had been", async () => {
    const redis = await someRedis();
    const producer = await testProducer(at(redis));
    const pool = await testPool(at(redis));
    await add(producer);
    await until("it works", () => pool.runs.length === 1);

    const client = new Redis(redis.url);
    await client.flushall();
    await client.script("FLUSH");
    client.disconnect();

    await expectBackWithin(producer, 500);
    await until("the pool works", () => pool.runs.length > 2, 8_000);
  });

  test("the pool takes jobs again after Redis was killed, and says that it was away", async () => {
    const redis = await someRedis();
    const producer = await testProducer(at(redis));
    let reconnects = 0;
    const pool = await testPool(at(redis), {}, { onReconnect: () => (reconnects += 1) });
    expect(await pool.ready()).toBe(true);
    expect(reconnects).toBe(0);

    await redis.kill();
    await sleep(1_500);
    const noise = pool.log.lines.length;
    await redis.start();
    await expectBackWithin(producer, recoveryMs);

    await until("the pool works", () => pool.runs.length > 0, 3_000);
    expect(reconnects).toBe(1);
    expect(noise).toBeLessThan(8);
  });

  test("closing is bounded while Redis hangs", async () => {
    const redis = await someRedis();
    const producer = await testProducer(at(redis));
    const pool = await testPool(at(redis));
    await pool.ready();

    redis.freeze();
    const [closedProducer, closedPool] = await Promise.all([timed(producer.close()), timed(pool.close())]);
    redis.thaw();

    expect(closedProducer).toMatchObject({ error: undefined });
    expect(closedProducer.ms).toBeLessThan(2_000);
    expect(closedPool).toMatchObject({ error: undefined });
    expect(closedPool.ms).toBeLessThan(3_000);
  });

  test("closing is bounded while Redis is gone, and a pool that never became ready says so", async () => {
    const redis = await placeForRedis();
    onTestFinished(redis.remove);
    const pool = await testPool(at(redis));
    const ready = pool.ready();

    const closed = await timed(pool.close());

    expect(closed).toMatchObject({ error: undefined });
    expect(closed.ms).toBeLessThan(3_000);
    expect(await ready).toBe(false);
  });

  test("a Redis that may evict jobs is refused by name", async () => {
    const redis = await someRedis();
    const client = new Redis(redis.url);
    await client.config("SET", "maxmemory-policy", "allkeys-lru");
    const sentence = "REDIS_URL: this Redis has maxmemory-policy allkeys-lru and may drop jobs; set it to noeviction";

    await expect(openProducer(at(redis), listen(), () => performance.now())).rejects.toThrow(sentence);
    await expect(openPool({ backend: at(redis), ...nobody })).rejects.toThrow(sentence);
    client.disconnect();
  });

  test("a Redis that comes late and may evict jobs is not used until it is set right", async () => {
    const redis = await placeForRedis();
    onTestFinished(redis.remove);
    const producer = await testProducer(at(redis));
    await redis.start();
    const client = new Redis(redis.url);
    await client.config("SET", "maxmemory-policy", "allkeys-lru");

    await sleep(1_200);
    await expect(add(producer)).rejects.toThrow("REDIS_URL: this Redis has maxmemory-policy allkeys-lru");
    await client.config("SET", "maxmemory-policy", "noeviction");
    client.disconnect();

    await expectBackWithin(producer, recoveryMs);
  });
});

const nobody = {
  processors: {
    "settle-callback": async () => 0,
    "expire-order": async () => 0,
    "send-refund": async () => 0,
    "query-payments": async () => 0,
    sweep: async () => 0,
  },
  log: listen(),
  onRun: () => undefined,
  onReconnect: () => undefined,
};
