import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Redis, findRedis, freePort, startRedis } from "@zhanggui/embedded";

const found = findRedis();
if (found === undefined && process.env.CI) throw new Error("CI must have a redis-server: half of the queue is Redis");
if (found === undefined) {
  process.stderr.write("\n*** LEFT OUT: every test of the queue on Redis. There is no redis-server on PATH. ***\n\n");
}

/** Whether this machine has a Redis; tests that need one are skipped without, and never in CI. */
export const hasRedis = found !== undefined;

/** A Redis of a test's own, that may be stopped, killed, emptied and started again on the same port. */
export type OwnRedis = {
  readonly url: string;
  readonly port: number;
  readonly start: () => Promise<void>;
  /** Ends it as a crash would. */
  readonly kill: () => Promise<void>;
  /** It keeps its connections and answers nobody. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Ends it and throws its files away. */
  readonly remove: () => Promise<void>;
};

/** Names the place of a Redis that does not run yet. */
export async function placeForRedis(): Promise<OwnRedis> {
  const directory = mkdtempSync(join(tmpdir(), "zhanggui-redis-"));
  const port = await freePort();
  let running: Redis | undefined;
  let frozen = false;

  const freeze = () => {
    if (running === undefined) throw new Error("this redis does not run");
    process.kill(running.pid, "SIGSTOP");
    frozen = true;
  };
  const thaw = () => {
    if (running !== undefined && frozen) process.kill(running.pid, "SIGCONT");
    frozen = false;
  };
  const kill = async () => {
    thaw();
    await running?.kill();
    running = undefined;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start: async () => {
      running = await startRedis({ directory, binary: found ?? "redis-server", port, log: () => undefined });
    },
    kill,
    freeze,
    thaw,
    remove: async () => {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function ownRedis(): Promise<OwnRedis> {
  const redis = await placeForRedis();
  await redis.start();
  return redis;
}
