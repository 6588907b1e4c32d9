import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { countJobs } from "../src/index.ts";
import { emptyQueues, gate, shortTiming, testPool, testProducer, timed, until } from "./support/bench.ts";
import type { Doom } from "./support/doomed-worker.ts";
import { type Place, backends } from "./support/places.ts";

for (const { kind, isHere, open } of backends) {
  describe.skipIf(!isHere)(`the worker pool on ${kind}`, () => {
    let place: Place;
    beforeAll(async () => {
      place = await open();
    });
    afterEach(() => emptyQueues(place.backend));
    afterAll(() => place.remove());

    const job = { jobId: "mock.1", payload: { callbackId: "cb_1" } };

    test("closing waits for the job that runs, and takes no other", async () => {
      const producer = await testProducer(place.backend);
      const { hold, started, open: letGo } = gate();
      const pool = await testPool(place.backend, { "settle-callback": hold });
      await producer.add("settle-callback", job);
      await until("it runs", () => started.length === 1);

      setTimeout(letGo, 1_500);
      const closing = timed(pool.close());
      // A fetch that is under way may still bring one.
      await sleep(200);
      await producer.add("settle-callback", { jobId: "mock.2", payload: { callbackId: "cb_2" } });
      const { ms, error } = await closing;

      expect(error).toBeUndefined();
      expect(ms).toBeGreaterThan(1_400);
      expect(ms).toBeLessThan(3_000);
      expect(pool.runs).toMatchObject([{ jobId: "mock.1", error: undefined }]);
      expect((await countJobs(producer)).callbacks).toMatchObject({ waiting: 1, active: 0 });
    });

    test("a pool with nothing to do closes at once", async () => {
      const pool = await testPool(place.backend);
      await pool.ready();

      expect((await timed(pool.close())).ms).toBeLessThan(500);
    });

    test("a job that does not end is told to, and tried again by another worker", async () => {
      const producer = await testProducer(place.backend);
      let reason: unknown;
      const pool = await testPool(
        place.backend,
        {
          "settle-callback": (_, { signal }) =>
            new Promise((_resolve, reject) => {
              signal?.addEventListener("abort", () => {
                reason = signal.reason;
                reject(new Error("aborted"));
              });
            }),
        },
        { timing: { ...shortTiming, drainLimitMs: 500 } },
      );
      await producer.add("settle-callback", job);
      await until("it runs", async () => (await countJobs(producer)).callbacks.active === 1);

      const { ms, error } = await timed(pool.close());

      expect(error).toBeUndefined();
      expect(ms).toBeLessThan(1_500);
      expect(String(reason)).toContain("shutdown");
      const next = await testPool(place.backend, {}, { timing: shortTiming });
      await until("another did it", () => next.runs.length === 1);
    });

    test("a job that will not end cannot hold the process, and is taken up by another worker", async () => {
      const producer = await testProducer(place.backend);
      const { hold, started } = gate();
      const timing = { ...shortTiming, drainLimitMs: 300 };
      const pool = await testPool(place.backend, { "settle-callback": hold }, { timing });
      await producer.add("settle-callback", job);
      await until("it runs", () => started.length === 1);

      const { ms, error } = await timed(pool.close());

      expect(error).toBeUndefined();
      expect(ms).toBeLessThan(2_600);
      const next = await testPool(place.backend, {}, { timing: shortTiming });
      await until("another did it", () => next.runs.length === 1);
    });

    test("the job of a worker that was killed is taken up by another", async () => {
      const producer = await testProducer(place.backend);
      const doomed = fork(new URL("./support/doomed-worker.ts", import.meta.url), { execArgv: [], stdio: "inherit" });
      onTestFinished(() => void doomed.kill("SIGKILL"));
      doomed.send({ backend: place.backend, timing: shortTiming } satisfies Doom);
      await producer.add("settle-callback", job);
      await once(doomed, "message");

      doomed.kill("SIGKILL");
      const killedAt = performance.now();
      const pool = await testPool(place.backend, {}, { timing: shortTiming });

      await until("it is done", () => pool.runs.length === 1);
      expect(performance.now() - killedAt).toBeLessThan(
        shortTiming.lockDurationMs + shortTiming.stalledIntervalMs + 1_500,
      );
      expect(pool.runs).toMatchObject([{ jobId: "mock.1", attempt: 1, error: undefined }]);
    });

    test("many jobs run at once, and a queue does not wait for another", async () => {
      const producer = await testProducer(place.backend);
      const { hold, started, open: letGo } = gate();
      const pool = await testPool(place.backend, { "settle-callback": hold });
      const wanted = Array.from({ length: 30 }, (_, n) => ({
        jobId: `mock.n${n}`,
        payload: { callbackId: `cb_${n}` },
      }));
      await producer.rearm("settle-callback", wanted);
      await until("as many run as may", () => started.length === (producer.backend === "redis" ? 20 : 10));

      await producer.add("expire-order", { jobId: "expire.1", payload: { orderId: "ord_1" } });

      await until("the expiry is done", () => pool.runs.some(({ queue }) => queue === "expiry"));
      letGo();
      await until("the others too", () => pool.runs.length === 31);
    });
  });
}
