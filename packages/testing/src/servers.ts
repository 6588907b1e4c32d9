import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, startRedis } from "@zhanggui/embedded";
import { ensureRedisProgram } from "./redis-program.ts";

/** What tests run against. `redisUrl` is undefined when there is no Redis and none could be had. */
export type Servers = {
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
  readonly stop: () => Promise<void>;
};

type Server = { readonly url: string | undefined; readonly stop: () => Promise<void> };

/**
 * Takes the servers the environment names and starts those it does not name, in a directory that is thrown away.
 * TEST_REDIS_URL set to nothing means that somebody has looked already and there is none.
 */
export async function ensureServers(): Promise<Servers> {
  // Only a name: whoever starts something makes it.
  const directory = join(tmpdir(), `zhanggui-test-${randomUUID()}`);
  const removeDirectory = () => rmSync(directory, { recursive: true, force: true });
  const log = () => undefined;

  try {
    const redis = await ensureRedis(directory, log);
    try {
      const postgres = await ensurePostgres(directory, log);
      return {
        databaseUrl: postgres.url,
        redisUrl: redis.url,
        stop: async () => {
          await Promise.all([postgres.stop(), redis.stop()]);
          removeDirectory();
        },
      };
    } catch (error) {
      await redis.stop();
      throw error;
    }
  } catch (error) {
    removeDirectory();
    throw error;
  }
}

async function ensurePostgres(directory: string, log: () => void): Promise<Server & { readonly url: string }> {
  const given = process.env.TEST_DATABASE_URL;
  return given ? notOurs(given) : startPostgres({ directory, durable: false, log });
}

async function ensureRedis(directory: string, log: () => void): Promise<Server> {
  const given = process.env.TEST_REDIS_URL ?? process.env.REDIS_URL;
  if (given !== undefined) return notOurs(given || undefined);

  const binary = ensureRedisProgram();
  return binary === undefined ? notOurs(undefined) : startRedis({ directory, binary, log });
}

function notOurs<Url extends string | undefined>(url: Url) {
  return { url, stop: async () => undefined };
}
