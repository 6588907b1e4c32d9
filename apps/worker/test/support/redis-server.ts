import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Redis, findRedis, freePort, startRedis } from "@zhanggui/embedded";

const found = findRedis();
if (found === undefined && process.env.CI) throw new Error("CI must have a redis-server: half of the worker is Redis");
if (found === undefined) {
  process.stderr.write("\n*** LEFT OUT: every test of the worker on Redis. There is no redis-server on PATH. ***\n\n");
}

/** Whether this machine has a Redis; tests that need one are skipped without, and never in CI. */
export const hasRedis = found !== undefined;

/** A Redis of a test's own, that may be killed, emptied and started again on the same port. */
export type OwnRedis = {
  readonly url: string;
  readonly start: () => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly empty: () => Promise<void>;
  readonly remove: () => Promise<void>;
};

/** Names the place of a Redis that does not run yet. */
export async function placeForRedis(): Promise<OwnRedis> {
  const directory = mkdtempSync(join(tmpdir(), "zhanggui-redis-"));
  const port = await freePort();
  let running: Redis | undefined;
  const kill = async () => {
    await running?.kill();
    running = undefined;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    start: async () => {
      running = await startRedis({ directory, binary: found ?? "redis-server", port, log: () => undefined });
    },
    kill,
    empty: () => flush(port),
    remove: async () => {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function flush(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("error", reject);
    socket.once("data", (data) => {
      socket.destroy();
      if (data.toString().startsWith("+OK")) resolve();
      else reject(new Error(data.toString()));
    });
    socket.write("FLUSHALL\r\n");
  });
}
