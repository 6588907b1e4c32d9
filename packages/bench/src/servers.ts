import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Postgres, findRedis, startPostgres, startRedis } from "@zhanggui/embedded";

import type { Backend, BenchOptions } from "./options.ts";

export type Servers = {
  /** Everything of this run; thrown away at its end. */
  readonly directory: string;
  readonly postgres: Postgres;
  readonly redisUrl: string | undefined;
  readonly redisVersion: string | undefined;
  /** Which of the wanted backends this machine can run. */
  readonly backends: readonly Backend[];
  readonly stop: () => Promise<void>;
};

/** Starts a durable PostgreSQL, and a Redis where one is wanted and there. */
export async function startServers({ backend }: Pick<BenchOptions, "backend">): Promise<Servers> {
  const binary = backend === "postgres" ? undefined : findRedis();
  if (backend === "redis" && binary === undefined) {
    throw new Error("There is no redis-server and no valkey-server on PATH: install one, or use --backend postgres.");
  }
  const directory = await mkdtemp(join(tmpdir(), "zhanggui-bench-"));
  const log = () => undefined;
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const postgres = await startPostgres({ directory, durable: true, log });
    try {
      const redis = binary === undefined ? undefined : await startRedis({ directory, binary, log });
      return {
        directory,
        postgres,
        redisUrl: redis?.url,
        redisVersion: binary === undefined ? undefined : versionOf(binary),
        backends: (["redis", "postgres"] as const).filter(
          (one) => (backend === "both" || backend === one) && (one === "postgres" || redis !== undefined),
        ),
        stop: async () => {
          await redis?.stop();
          await postgres.stop();
          await remove();
        },
      };
    } catch (error) {
      await postgres.stop();
      throw error;
    }
  } catch (error) {
    await remove();
    throw error;
  }
}

function versionOf(binary: string): string {
  const said = spawnSync(binary, ["--version"], { encoding: "utf8" }).stdout;
  return /v=(\S+)/.exec(said)?.[1] ?? said.trim();
}
