import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { findRedis, freePort, type Redis, startRedis } from "@zhanggui/embedded";
import { freshDatabase } from "@zhanggui/testing";

import { providers } from "./gateway.ts";
import { type Program, startProgram } from "./program.ts";
import { jwtSecret, token } from "./token.ts";
import { type StockWatch, watchStock } from "./stock-watch.ts";

export type Backend = "redis" | "postgres";

/** Both, or the one that this machine can run. */
export const backends: readonly Backend[] = findRedis() === undefined ? ["postgres"] : ["redis", "postgres"];

/** An unpaid order of the hasty shop lives so long. */
export const hastySeconds = 2;
const patientSeconds = 1_800;

export type World = {
  /** The shop where orders live for half an hour. */
  readonly url: string;
  /** The same shop behind another process that gives its orders only `hastySeconds`. */
  readonly hastyUrl: string;
  readonly databaseUrl: string;
  readonly stock: StockWatch;
  readonly api: Restartable;
  readonly worker: Restartable;
  readonly redis: RedisControl | undefined;
  readonly stop: () => Promise<readonly (number | null)[]>;
};

export type Restartable = {
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly log: () => string;
};

export type RedisControl = {
  readonly port: number;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly freeze: () => void;
  readonly thaw: () => void;
};

export type WorldOptions = {
  /** What `PROVIDERS_FILE` says instead of two gateways without an address. */
  readonly providers?: Readonly<Record<string, object>>;
  /** Has the last word, for every process. */
  readonly environment?: Readonly<Record<string, string>>;
};

/** A database and a queue of their own, two api processes and one worker on them. */
export async function startWorld(backend: Backend, options: WorldOptions = {}): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "zhanggui-acceptance-"));
  const providersFile = join(directory, "providers.json");
  await writeFile(providersFile, JSON.stringify(options.providers ?? providers));
  const database = await freshDatabase({ name: "empty", migrate: async () => undefined });
  const redis = backend === "redis" ? await redisIn(directory) : undefined;

  const [port, hastyPort] = [await freePort(), await freePort()];
  const environment = {
    NODE_ENV: "development",
    DATABASE_URL: database.url,
    DATA_DIR: join(directory, "data"),
    JWT_SECRET: jwtSecret,
    PROVIDERS_FILE: providersFile,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    EXPIRY_RECHECK_SECONDS: "2",
    SWEEP_SECONDS: "2",
    ...(redis === undefined ? { QUEUE: "postgres" } : { REDIS_URL: redis.url }),
  };
  const api = restartable("api", {
    ...environment,
    API_PORT: String(port),
    ORDER_TTL_SECONDS: String(patientSeconds),
    ...options.environment,
  });
  const hasty = restartable("api", {
    ...environment,
    API_PORT: String(hastyPort),
    ORDER_TTL_SECONDS: String(hastySeconds),
    ...options.environment,
  });
  const worker = restartable("worker", { ...environment, ...options.environment });
  await Promise.all([api.start(), hasty.start(), worker.start()]);

  const url = `http://127.0.0.1:${port}`;
  const stock = watchStock(() => url, token("stock-watch", "admin"));
  return {
    url,
    hastyUrl: `http://127.0.0.1:${hastyPort}`,
    databaseUrl: database.url,
    stock,
    api,
    worker,
    redis: redis?.control,
    stop: async () => {
      const codes = await Promise.all([api.stop(), hasty.stop(), worker.stop()]);
      await redis?.stop();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
      return codes;
    },
  };
}

function restartable(
  app: "api" | "worker",
  environment: Record<string, string>,
): Restartable & { stop: () => Promise<number | null> } {
  let program: Program | undefined;
  let earlier = "";
  return {
    start: async () => {
      program = await startProgram(app, environment);
    },
    kill: async () => {
      earlier += program?.log() ?? "";
      await program?.kill();
      program = undefined;
    },
    stop: async () => (program === undefined ? null : program.stop()),
    log: () => earlier + (program?.log() ?? ""),
  };
}

async function redisIn(directory: string) {
  const binary = findRedis();
  if (binary === undefined) throw new Error("this machine has no Redis");
  const options = { directory, binary, log: () => undefined };
  let redis: Redis = await startRedis(options);
  const { port, url } = redis;
  const control: RedisControl = {
    port,
    kill: () => redis.kill(),
    start: async () => {
      redis = await startRedis({ ...options, port });
    },
    freeze: () => void process.kill(redis.pid, "SIGSTOP"),
    thaw: () => void process.kill(redis.pid, "SIGCONT"),
  };
  return { url, control, stop: () => redis.stop() };
}
