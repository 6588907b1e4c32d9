import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { PoisonedJob, type Producer, countJobs, createBell, findJob, listJobs, retryJob } from "../src/index.ts";
import { emptyQueues, gate, testPool, testProducer, until } from "./support/bench.ts";
import { type Place, backends } from "./support/places.ts";

for (const { kind, isHere, open } of backends) {
  describe.skipIf(!isHere)(`jobs on ${kind}`, () => {
    let place: Place;
    beforeAll(async () => {
      place = await open();
    });
    afterEach(() => emptyQueues(place.backend));
    afterAll(() => place.remove());

    const settle = (producer: Producer, callbackId: string, jobId = "mock.1") =>
      producer.add("settle-callback", { jobId, payload: { callbackId } });

    test("a job is done once, and is gone when it is done", async () => {
      const producer = await testProducer(place.backend);
      const { runs } = await testPool(place.backend, { "settle-callback": async ({ callbackId }) => callbackId });

      await settle(producer, "cb_1");
      await until("it is done", () => runs.length === 1);

      expect(runs).toMatchObject([{ queue: "callbacks", name: "settle-callback", jobId: "mock.1", outcome: "cb_1" }]);
      await until("it is gone", async () => (await findJob(producer, "callbacks", "mock.1")) === undefined);
    });

    test("a job that waits is not added again", async () => {
      const producer = await testProducer(place.backend);

      await settle(producer, "cb_first");
      await settle(producer, "cb_second");

      expect(await listJobs(producer, { queue: "callbacks", state: undefined, offset: 0, limit: 10 })).toMatchObject([
        { id: "mock.1", state: "waiting", data: { callbackId: "cb_first" } },
      ]);
    });

    test("a job that runs is not added again", async () => {
      const producer = await testProducer(place.backend);
      const { hold, started, open: letGo } = gate();
      const { runs } = await testPool(place.backend, { "settle-callback": hold });
      await settle(producer, "cb_1");
      await until("it runs", () => started.length === 1);

      await settle(producer, "cb_1");
      await producer.rearm("settle-callback", [{ jobId: "mock.1", payload: { callbackId: "cb_1" } }]);

      expect((await countJobs(producer)).callbacks).toMatchObject({ active: 1, waiting: 0 });
      letGo();
      await until("it is done", () => runs.length === 1);
      await until("nothing is left", async () => (await countJobs(producer)).callbacks.active === 0);
      expect(runs).toHaveLength(1);
    });

    test("a job that waits for its next try is not added again", async () => {
      const producer = await testProducer(place.backend);
      const { runs } = await testPool(place.backend, { "settle-callback": failing(1) });
      await settle(producer, "cb_1");
      await until("it failed once", () => runs.length === 1);

      await settle(producer, "cb_1");
      await producer.rearm("settle-callback", [{ jobId: "mock.1", payload: { callbackId: "cb_1" } }]);

      await until("it is done", () => runs.length === 2);
      expect(runs.map(({ attempt, error }) => [attempt, error?.message])).toEqual([
        [1, "not yet"],
        [2, undefined],
      ]);
    });

    test("an id that was done may come again: what came before is in the inbox, not here", async () => {
      const producer = await testProducer(place.backend);
      const { runs } = await testPool(place.backend);
      await settle(producer, "cb_1");
      await until("it is gone", async () => runs.length === 1 && !(await findJob(producer, "callbacks", "mock.1")));

      await settle(producer, "cb_1");

      await until("it is done again", () => runs.length === 2);
    });

    test("whatever a gateway calls its transaction, the bell makes an id that BullMQ takes", async () => {
      const producer = await testProducer(place.backend);
      const bell = createBell(producer, { recheckSeconds: 60 });
      const { runs } = await testPool(place.backend);

      await bell.settle({ id: "cb_1", provider: "mock", eventKey: "4200001234" });
      await bell.settle({ id: "cb_2", provider: "mock", eventKey: "evt:2026" });
      await bell.settle({ id: "cb_3", provider: "mock", eventKey: "evt 2026/é" });
      await bell.resettle([{ id: "cb_4", provider: "7", eventKey: "5" }]);

      await until("all are done", () => runs.length === 4);
      expect(runs.map(({ jobId }) => jobId).toSorted()).toEqual([
        "7.5",
        "mock.4200001234",
        "mock.evt~202026~2f~c3a9",
        "mock.evt~3a2026",
      ]);
    });

    test("a job that nobody knows fails at once, without another try", async () => {
      const producer = await testProducer(place.backend);
      const { runs } = await testPool(place.backend);
      const { callbacks } = await producer.queues();

      await callbacks.add("make-tea", {}, { jobId: "tea", attempts: 5 });

      await until("it failed", async () => (await findJob(producer, "callbacks", "tea"))?.state === "failed");
      expect(runs.map(({ error }) => error?.message)).toEqual(["there is no job make-tea"]);
    });

    test("a job whose data are not its own fails at once, and its processor never sees it", async () => {
      const producer = await testProducer(place.backend);
      const seen: unknown[] = [];
      const { runs } = await testPool(place.backend, { "settle-callback": async (payload) => void seen.push(payload) });
      const { callbacks } = await producer.queues();

      await callbacks.add("settle-callback", { callbackId: "cb_1", amount: "0.01" }, { jobId: "more", attempts: 5 });
      await callbacks.add("settle-callback", { callbackId: 7 }, { jobId: "other", attempts: 5 });

      const failed = async () => (await countJobs(producer)).callbacks.failed === 2;
      await until("both failed", failed);
      expect(runs).toHaveLength(2);
      expect(seen).toEqual([]);
    });

    test("a job that fails twice is tried a third time, each time later", async () => {
      const producer = await testProducer(place.backend);
      const starts: number[] = [];
      const flaky = failing(2);
      const { runs } = await testPool(place.backend, {
        "settle-callback": () => {
          starts.push(performance.now());
          return flaky();
        },
      });

      await settle(producer, "cb_1");
      await until("it is done", () => runs.length === 3);

      expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      const [first = 0, second = 0, third = 0] = starts;
      expect(second - first).toBeGreaterThanOrEqual(240);
      expect(second - first).toBeLessThan(1_500);
      expect(third - second).toBeGreaterThanOrEqual(490);
      expect(third - second).toBeLessThan(2_500);
    });

    test("the last try knows that it is the last", async () => {
      const producer = await testProducer(place.backend);
      const tries: [number, boolean][] = [];
      const { runs } = await testPool(place.backend, {
        "expire-order": async (_, { attempt, isLast }) => {
          tries.push([attempt, isLast]);
          throw new Error("never");
        },
      });

      await producer.add("expire-order", { jobId: "expire.1", payload: { orderId: "ord_1" } });

      await until(
        "it failed for good",
        async () => (await findJob(producer, "expiry", "expire.1"))?.state === "failed",
      );
      expect(tries).toEqual([
        [1, false],
        [2, false],
        [3, true],
      ]);
      expect(runs).toHaveLength(3);
    });

    test("a poisoned job fails at once and says why", async () => {
      const producer = await testProducer(place.backend);
      const { runs } = await testPool(place.backend, { "settle-callback": poison });

      await settle(producer, "cb_1");

      await until("it failed", async () => (await findJob(producer, "callbacks", "mock.1"))?.state === "failed");
      expect(runs).toHaveLength(1);
      expect(await findJob(producer, "callbacks", "mock.1")).toMatchObject({ failedReason: "no such notice" });
    });

    test("a failed job stays: adding leaves it, rearming takes it up with all its tries", async () => {
      const producer = await testProducer(place.backend);
      let poisoned = true;
      const { runs } = await testPool(place.backend, {
        "settle-callback": async (_, { attempt }) => (poisoned ? poison() : attempt),
      });
      await settle(producer, "cb_1");
      await until("it failed", async () => (await findJob(producer, "callbacks", "mock.1"))?.state === "failed");
      poisoned = false;

      await settle(producer, "cb_1");
      expect(await findJob(producer, "callbacks", "mock.1")).toMatchObject({ state: "failed" });
      await producer.rearm("settle-callback", [{ jobId: "mock.1", payload: { callbackId: "cb_1" } }]);

      await until("it is done", () => runs.length === 2);
      expect(runs[1]).toMatchObject({ attempt: 1, outcome: 1, error: undefined });
    });

    test("rearming many adds what is missing and takes up what failed", async () => {
      const producer = await testProducer(place.backend);
      const wanted = Array.from({ length: 300 }, (_, n) => ({
        jobId: `mock.${n}x`,
        payload: { callbackId: `cb_${n}` },
      }));
      let poisoned = true;
      const { runs } = await testPool(place.backend, {
        "settle-callback": async () => (poisoned ? poison() : undefined),
      });
      await producer.rearm("settle-callback", wanted.slice(0, 50));
      await until("fifty failed", async () => (await countJobs(producer)).callbacks.failed === 50);
      poisoned = false;

      await producer.rearm("settle-callback", wanted);

      const done = () => new Set(runs.filter(({ error }) => error === undefined).map(({ jobId }) => jobId)).size;
      await until("all are done", () => done() === 300, 15_000);
    });

    test("rearming a job that ends meanwhile is harmless", async () => {
      const producer = await testProducer(place.backend);
      await testPool(place.backend, { "settle-callback": async () => poison() });
      const wanted = Array.from({ length: 20 }, (_, n) => ({
        jobId: `mock.${n}x`,
        payload: { callbackId: `cb_${n}` },
      }));
      await producer.rearm("settle-callback", wanted);
      await until("all failed", async () => (await countJobs(producer)).callbacks.failed === 20);

      const rearming = Array.from({ length: 6 }, () => producer.rearm("settle-callback", wanted));

      await expect(Promise.all(rearming)).resolves.toHaveLength(6);
    });

    test("of three who retry a failed job at once exactly one does", async () => {
      const producer = await testProducer(place.backend);
      const first = await testPool(place.backend, { "settle-callback": poison });
      await settle(producer, "cb_1");
      await until("it failed", async () => (await findJob(producer, "callbacks", "mock.1"))?.state === "failed");
      await first.close();

      const answers = await Promise.all([1, 2, 3].map(() => retryJob(producer, "callbacks", "mock.1")));

      expect(answers.toSorted()).toEqual(["not_failed", "not_failed", "retried"]);
      expect(await findJob(producer, "callbacks", "mock.1")).toMatchObject({ state: "waiting", attemptsMade: 0 });
    });

    test("only failed jobs can be retried", async () => {
      const producer = await testProducer(place.backend);
      await settle(producer, "cb_1");

      expect(await retryJob(producer, "callbacks", "mock.1")).toBe("not_failed");
      expect(await retryJob(producer, "callbacks", "mock.2")).toBe("not_found");
    });

    test("jobs can be listed, found and counted", async () => {
      const producer = await testProducer(place.backend);
      await settle(producer, "cb_1", "mock.1");
      await settle(producer, "cb_2", "mock.2");
      await producer.add("expire-order", { jobId: "expire.1", payload: { orderId: "ord_1" } });

      const all = await listJobs(producer, { queue: undefined, state: undefined, offset: 0, limit: 10 });
      const second = await listJobs(producer, { queue: undefined, state: "waiting", offset: 1, limit: 1 });

      expect(all.map(({ queue, id, state }) => [queue, id, state])).toEqual([
        ["callbacks", "mock.2", "waiting"],
        ["callbacks", "mock.1", "waiting"],
        ["expiry", "expire.1", "waiting"],
      ]);
      expect(second.map(({ id }) => id)).toEqual(["mock.1"]);
      expect(await countJobs(producer)).toEqual({
        callbacks: { waiting: 2, active: 0, delayed: 0, failed: 0, completed: 0 },
        expiry: { waiting: 1, active: 0, delayed: 0, failed: 0, completed: 0 },
        refunds: { waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0 },
        maintenance: { waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0 },
      });
      expect(await findJob(producer, "callbacks", "nobody")).toBeUndefined();
      expect(await findJob(producer, "callbacks", "mock.1")).toMatchObject({
        name: "settle-callback",
        data: { callbackId: "cb_1" },
        attemptsMade: 0,
        createdAt: expect.any(Date),
        finishedAt: undefined,
      });
    });
  });
}

/** Fails so many times, then succeeds. */
function failing(times: number) {
  let failed = 0;
  return async () => {
    if (failed >= times) return;
    failed += 1;
    throw new Error("not yet");
  };
}

async function poison(): Promise<never> {
  throw new PoisonedJob("no such notice");
}
