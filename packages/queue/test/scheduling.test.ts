import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { type Producer, countJobs, createBell, ensureSweep } from "../src/index.ts";
import { emptyQueues, gate, testPool, testProducer, until } from "./support/bench.ts";
import { type Place, backends } from "./support/places.ts";

for (const { kind, isHere, open } of backends) {
  describe.skipIf(!isHere)(`repeatable delayed jobs on ${kind}`, () => {
    let place: Place;
    beforeAll(async () => {
      place = await open();
    });
    afterEach(() => emptyQueues(place.backend));
    afterAll(() => place.remove());

    const in_ = (ms: number) => new Date(Date.now() + ms);
    const schedule = (producer: Producer, startAt: Date, everySeconds = 1) =>
      producer.schedule("expire-order", {
        schedulerId: "order-expiry.ord_1",
        everySeconds,
        startAt,
        payload: { orderId: "ord_1" },
      });

    /** A pool that writes down when the expiry ran. */
    const watch = async (processor: () => Promise<unknown> = async () => undefined) => {
      const times: number[] = [];
      await testPool(place.backend, {
        "expire-order": async () => {
          times.push(Date.now());
          return processor();
        },
      });
      return times;
    };

    test("the first run comes at the deadline, not before, and then one every interval", async () => {
      const producer = await testProducer(place.backend);
      const times = await watch();
      const deadline = in_(1_500);

      await schedule(producer, deadline);
      await until("it ran three times", () => times.length === 3);

      const lags = times.map((time, n) => time - deadline.getTime() - n * 1_000);
      for (const lag of lags) {
        expect(lag).toBeGreaterThanOrEqual(0);
        expect(lag).toBeLessThan(1_000);
      }
    });

    test("a deadline in the past runs at once", async () => {
      const producer = await testProducer(place.backend);
      const times = await watch();
      const asked = Date.now();

      await schedule(producer, in_(-3_600_000), 60);

      await until("it ran", () => times.length === 1, 2_000);
      expect((times[0] ?? 0) - asked).toBeLessThan(1_000);
      await sleep(300);
      expect(times).toHaveLength(1);
    });

    test("its own processor may end it", async () => {
      const producer = await testProducer(place.backend);
      const ended: boolean[] = [];
      const times = await watch(async () =>
        ended.push(await producer.unschedule("expire-order", "order-expiry.ord_1")),
      );

      await schedule(producer, in_(100));
      await until("it ran", () => ended.length === 1);
      await sleep(1_500);

      expect(times).toHaveLength(1);
      expect(ended).toEqual([true]);
      expect((await countJobs(producer)).expiry).toMatchObject({ waiting: 0, active: 0, delayed: 0, failed: 0 });
    });

    test("it can be ended from outside while it runs, and that run ends in peace", async () => {
      const producer = await testProducer(place.backend);
      const { hold, started, open: letGo } = gate();
      const { runs, log } = await testPool(place.backend, { "expire-order": hold });
      await schedule(producer, in_(50), 60);
      await until("it runs", () => started.length === 1);

      expect(await producer.unschedule("expire-order", "order-expiry.ord_1")).toBe(true);
      letGo();

      await until("it is done", () => runs.length === 1);
      await until("nothing is left", async () => {
        const { active, delayed, waiting } = (await countJobs(producer)).expiry;
        return active === 0 && delayed === 0 && waiting === 0;
      });
      expect(runs).toMatchObject([{ error: undefined }]);
      expect(log.lines).toEqual([]);
    });

    test("it can be ended before its deadline, and never runs", async () => {
      const producer = await testProducer(place.backend);
      const times = await watch();
      const bell = createBell(producer, { recheckSeconds: 60 });
      await bell.expireAt("ord_1", in_(500));
      expect(await producer.isScheduled("expire-order", "order-expiry.ord_1")).toBe(true);

      await bell.forgetExpiry("ord_1");
      await sleep(900);

      expect(await producer.isScheduled("expire-order", "order-expiry.ord_1")).toBe(false);
      expect(times).toEqual([]);
    });

    test("ending what is not there is harmless", async () => {
      const producer = await testProducer(place.backend);

      expect(await producer.isScheduled("expire-order", "order-expiry.nobody")).toBe(false);
      expect(await producer.unschedule("expire-order", "order-expiry.nobody")).toBe(false);
    });

    test("scheduling twice makes one timer", async () => {
      const producer = await testProducer(place.backend);
      const times = await watch();
      const deadline = in_(800);

      await Promise.all([schedule(producer, deadline, 60), schedule(producer, deadline, 60)]);
      await schedule(producer, deadline, 60);
      await until("it ran", () => times.length === 1);
      await schedule(producer, deadline, 60);
      await sleep(700);

      expect(times).toHaveLength(1);
      expect((times[0] ?? 0) - deadline.getTime()).toBeGreaterThanOrEqual(0);
    });

    test("a run that fails is tried again, and does not end the series", async () => {
      const producer = await testProducer(place.backend);
      let fail = true;
      const { runs, log } = await testPool(place.backend, {
        "expire-order": async () => {
          if (fail) throw new Error("no gateway");
        },
      });

      await schedule(producer, in_(50), 3);
      await until("its three tries failed", async () => (await countJobs(producer)).expiry.failed === 1, 6_000);
      fail = false;

      await until("the next one ran", () => runs.some(({ error }) => error === undefined), 6_000);
      expect(runs.map(({ error }) => error?.message)).toEqual(["no gateway", "no gateway", "no gateway", undefined]);
      expect(log.lines).toEqual([]);
    });

    test("two workers do not run one slot twice", async () => {
      const producer = await testProducer(place.backend);
      const [one, other] = [await watch(), await watch()];

      await schedule(producer, in_(300));
      await until("it ran three times", () => one.length + other.length === 3);

      expect(new Set([...one, ...other].map((time) => Math.floor(time / 500))).size).toBe(3);
    });

    test("the sweep is made once, and again when the queue was emptied", async () => {
      const producer = await testProducer(place.backend);
      const { runs } = await testPool(place.backend);

      expect(await ensureSweep(producer, 1)).toBe(true);
      expect(await ensureSweep(producer, 1)).toBe(false);
      await until("it came round", () => runs.filter(({ name }) => name === "sweep").length >= 2);
      await producer.unschedule("sweep", "sweep");
      expect(await ensureSweep(producer, 1)).toBe(true);
    });

    test("a sweep that is to come round at another pace does so", async () => {
      const producer = await testProducer(place.backend);
      const { runs } = await testPool(place.backend);
      await ensureSweep(producer, 3_600);
      await until("it ran once", () => runs.length === 1);

      expect(await ensureSweep(producer, 1)).toBe(false);

      await until("it came round", () => runs.length >= 3);
    });
  });
}
