import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis as Client } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { findRedis, freePort, startRedis, type Redis } from "../src/index.ts";
import { scratchDirectory } from "./scratch.ts";

const binary = findRedis() ?? "";
const reason = binary === "" ? " (skipped: no redis-server or valkey-server on PATH)" : "";

describe.skipIf(binary === "")(`Redis${reason}`, () => {
  test("never evicts, and looks for due jobs a hundred times a second", async () => {
    const { url } = await start(scratchDirectory());

    await withClient(url, async (client) => {
      expect(await client.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
      expect(await client.config("GET", "appendonly")).toEqual(["appendonly", "yes"]);
      expect(await client.config("GET", "hz")).toEqual(["hz", "100"]);
    });
  });

  test("stopped and started again on the same port, it holds what it held", async () => {
    const directory = scratchDirectory();
    const { url, port, stop } = await start(directory);
    await withClient(url, (client) => client.set("job", "settle"));
    await stop();

    await start(directory, port);

    await withClient(url, async (client) => expect(await client.get("job")).toBe("settle"));
  });

  test("killed, it holds what is older than a second", async () => {
    const directory = scratchDirectory();
    const { url, port, kill } = await start(directory);
    await withClient(url, (client) => client.set("job", "settle"));
    await sleep(1_500);
    await kill();

    await start(directory, port);

    await withClient(url, async (client) => expect(await client.get("job")).toBe("settle"));
  });

  test("a directory in use by somebody who lives is refused", async () => {
    const directory = scratchDirectory();
    await start(directory);

    await expect(start(directory)).rejects.toThrow(/in use by process \d+/);
  });

  test("a port that is taken is told with Redis's own words", async () => {
    const { port } = await start(scratchDirectory());

    await expect(start(scratchDirectory(), port)).rejects.toThrow(/did not start in .*Address already in use/s);
  });

  test("a ruined file is told with the directory and Redis's own words", async () => {
    const directory = scratchDirectory();
    mkdirSync(join(directory, "redis/appendonlydir"), { recursive: true });
    writeFileSync(join(directory, "redis/appendonlydir/appendonly.aof.manifest"), "rubbish\n");

    await expect(start(directory, await freePort())).rejects.toThrow(`did not start in ${directory}/redis`);
  });
});

async function start(directory: string, port?: number): Promise<Redis> {
  const redis = await startRedis({ directory, binary, log: () => undefined, ...(port === undefined ? {} : { port }) });
  onTestFinished(redis.stop);
  return redis;
}

async function withClient(url: string, use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client(url);
  try {
    await use(client);
  } finally {
    client.disconnect();
  }
}
