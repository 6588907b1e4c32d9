import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { findRedis, freePort } from "@zhanggui/embedded";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import {
  PoisonedJob,
  type QueueBackend,
  countJobs,
  createBell,
  ensureSweep,
  findJob,
  openProducer,
  retryJob,
} from "../src/index.ts";
import { listen, testPool, testProducer, until } from "./support/bench.ts";
import { joinCluster } from "./support/redis-cluster.ts";
import { hasRedis } from "./support/redis-server.ts";

/** One node of a cluster with a password, as clusters have. */
async function startNode(directory: string, password: string) {
  // The cluster talks on this port plus 10,000.
  let port = await freePort();
  while (port > 55_000) port = await freePort();
  const child = spawn(
    findRedis() ?? "redis-server",
    [
      ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--appendonly", "no"],
      ["--cluster-enabled", "yes", "--cluster-config-file", `nodes-${port}.conf`, "--hz", "100"],
      ["--requirepass", password, "--masterauth", password, "--maxmemory-policy", "noeviction"],
    ].flat(),
    { stdio: "ignore" },
  );
  return { url: `redis://:${password}@127.0.0.1:${port}`, port, child };
}

describe.skipIf(!hasRedis)("on a Redis cluster of three masters", () => {
  const directory = mkdtempSync(join(tmpdir(), "zhanggui-cluster-"));
  let nodes: Awaited<ReturnType<typeof startNode>>[] = [];
  let backend: QueueBackend;
  beforeAll(async () => {
    for (let count = 0; count < 3; count += 1) nodes.push(await startNode(directory, "open sesame".replace(" ", "-")));
    await joinCluster(nodes);
    backend = { kind: "redis", nodes: nodes.map(({ url }) => url) };
  });
  afterAll(async () => {
    for (const { child } of nodes) {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    nodes = [];
    rmSync(directory, { recursive: true, force: true });
  });

  test("jobs are added one by one and in bulk, done, failed, rearmed and retried", async () => {
    const producer = await testProducer(backend);
    let poisoned = true;
    let ready = 0;
    const pool = await testPool(
      backend,
      {
        "settle-callback": async ({ callbackId }) => {
          if (poisoned && callbackId === "cb_0") throw new PoisonedJob("no such notice");
        },
      },
      { onReconnect: () => (ready += 1) },
    );
    expect(await pool.ready()).toBe(true);
    const wanted = Array.from({ length: 100 }, (_, n) => ({ jobId: `mock.n${n}`, payload: { callbackId: `cb_${n}` } }));

    await producer.rearm("settle-callback", wanted);
    await producer.add("settle-callback", { jobId: "mock.one", payload: { callbackId: "cb_one" } });

    await until("all were tried", () => new Set(pool.runs.map(({ jobId }) => jobId)).size === 101);
    await until("one failed", async () => (await countJobs(producer)).callbacks.failed === 1);
    poisoned = false;
    expect(await retryJob(producer, "callbacks", "mock.n0")).toBe("retried");
    await until("it is gone too", async () => (await findJob(producer, "callbacks", "mock.n0")) === undefined);
    expect(ready).toBe(0);
    expect(pool.log.lines).toEqual([]);
  });

  test("timers run at their deadline and can be taken back", async () => {
    const producer = await testProducer(backend);
    const bell = createBell(producer, { recheckSeconds: 60 });
    const times = new Map<string, number>();
    await testPool(backend, { "expire-order": async ({ orderId }) => times.set(orderId, Date.now()) });
    const deadline = Date.now() + 800;

    await bell.expireAt("ord_1", new Date(deadline));
    await bell.expireAt("ord_2", new Date(deadline));
    await bell.forgetExpiry("ord_2");
    await until("one ran", () => times.has("ord_1"));

    const lag = (times.get("ord_1") ?? 0) - deadline;
    expect(lag).toBeGreaterThanOrEqual(0);
    expect(lag).toBeLessThan(1_000);
    expect(times.has("ord_2")).toBe(false);
    expect(await ensureSweep(producer, 60)).toBe(true);
    expect(await ensureSweep(producer, 60)).toBe(false);
  });

  test("one master that may evict jobs is enough to be refused", async () => {
    const last = new Redis(nodes[2]?.url ?? "");
    await last.config("SET", "maxmemory-policy", "allkeys-lru");

    await expect(openProducer(backend, listen(), () => performance.now())).rejects.toThrow("REDIS_URL");

    await last.config("SET", "maxmemory-policy", "noeviction");
    last.disconnect();
  });
});
