import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { FreshDatabase } from "@zhanggui/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { hasRedis, placeForRedis } from "./support/redis-server.ts";
import { workerDatabase } from "./support/world.ts";

const main = new URL("../src/main.ts", import.meta.url);
const stopLimitMs = 8_000;

const directory = mkdtempSync(join(tmpdir(), "zhanggui-worker-"));
let database: FreshDatabase;
beforeAll(async () => {
  database = await workerDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

type Started = { readonly child: ChildProcess; readonly said: () => string };

function start(environment: Readonly<Record<string, string>>): Started {
  const child = fork(main, {
    env: { DATA_DIR: directory, SWEEP_SECONDS: "1", ...environment },
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  child.stdout?.on("data", (chunk) => (said += String(chunk)));
  child.stderr?.on("data", (chunk) => (said += String(chunk)));
  return { child, said: () => said };
}

async function stop({ child }: Started, signal: NodeJS.Signals) {
  const askedAt = performance.now();
  child.kill(signal);
  const [code] = await once(child, "exit");
  return { code, ms: performance.now() - askedAt };
}

const failures = (said: string) => said.split("\n").filter((line) => /"level":"(error|fatal)"/.test(line));

describe("the worker process", () => {
  test("mistakes are named before anything starts", async () => {
    const { child, said } = start({ SWEEP_SECONDS: "0" });

    const [code] = await once(child, "close");

    expect(code).toBe(1);
    expect(said()).toContain("DATABASE_URL: is required");
    expect(said()).toContain("SWEEP_SECONDS");
  });

  test("a policy for a provider that does not exist is named", async () => {
    const { child, said } = start({
      DATABASE_URL: database.url,
      LATE_PAYMENT_POLICY: "hold,mock=refund,wechta=refund",
    });

    const [code] = await once(child, "close");

    expect(code).toBe(1);
    expect(said()).toContain("LATE_PAYMENT_POLICY: there is no provider wechta");
    expect(said()).not.toContain("no provider mock");
  });

  test("it says when it is ready and stops on SIGTERM, on PostgreSQL", async () => {
    const worker = start({ DATABASE_URL: database.url });
    expect(await once(worker.child, "message")).toContain("ready");

    const { code, ms } = await stop(worker, "SIGTERM");

    expect(code).toBe(0);
    expect(ms).toBeLessThan(stopLimitMs);
    expect(failures(worker.said())).toEqual([]);
    expect(worker.said()).toContain("taking jobs");
  });

  test("it stops when the process that started it is gone", async () => {
    const worker = start({ DATABASE_URL: database.url });
    expect(await once(worker.child, "message")).toContain("ready");

    worker.child.disconnect();
    const [code] = await once(worker.child, "exit");

    expect(code).toBe(0);
  });

  describe.skipIf(!hasRedis)("on Redis", () => {
    test("it says when it is ready and stops on SIGINT", async () => {
      const redis = await placeForRedis();
      onTestFinished(redis.remove);
      await redis.start();
      const worker = start({ DATABASE_URL: database.url, REDIS_URL: redis.url });
      expect(await once(worker.child, "message")).toContain("ready");

      const { code, ms } = await stop(worker, "SIGINT");

      expect(code).toBe(0);
      expect(ms).toBeLessThan(stopLimitMs);
      expect(failures(worker.said())).toEqual([]);
    });

    test("it starts and stops while Redis is away, and is ready when Redis comes", async () => {
      const redis = await placeForRedis();
      onTestFinished(redis.remove);
      const early = start({ DATABASE_URL: database.url, REDIS_URL: redis.url });
      const late = start({ DATABASE_URL: database.url, REDIS_URL: redis.url });
      await Promise.all([early, late].map(({ child }) => heard(child, "the queue cannot be reached")));

      const stopped = await stop(early, "SIGTERM");
      await redis.start();
      expect(await once(late.child, "message")).toContain("ready");

      expect(stopped.code).toBe(0);
      expect(stopped.ms).toBeLessThan(stopLimitMs);
      expect((await stop(late, "SIGTERM")).code).toBe(0);
    });

    test("it stops in order when Redis has died", async () => {
      const redis = await placeForRedis();
      onTestFinished(redis.remove);
      await redis.start();
      const worker = start({ DATABASE_URL: database.url, REDIS_URL: redis.url });
      expect(await once(worker.child, "message")).toContain("ready");

      await redis.kill();
      const { code, ms } = await stop(worker, "SIGTERM");

      expect(code).toBe(0);
      expect(ms).toBeLessThan(stopLimitMs);
    });
  });
});

async function heard(child: ChildProcess, words: string): Promise<void> {
  let said = "";
  await new Promise<void>((resolve) => {
    child.stdout?.on("data", (chunk) => {
      said += String(chunk);
      if (said.includes(words)) resolve();
    });
  });
}
