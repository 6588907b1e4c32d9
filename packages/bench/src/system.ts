import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "@zhanggui/embedded";

import { startChild } from "./child.ts";
import { jwtSecret, provider, providerSecret } from "./shop.ts";

const apps = new URL("../../../apps/", import.meta.url);

export type SystemOptions = {
  readonly directory: string;
  readonly databaseUrl: string;
  /** Unset: the queue lives in PostgreSQL. */
  readonly redisUrl: string | undefined;
  readonly profile: string | undefined;
  readonly onLine: (line: string) => void;
};

export type System = { readonly origin: string; readonly stop: () => Promise<void> };

/** The real api and worker, one process each, as `pnpm api` and `pnpm worker` start them, logging from `warn` on. */
export async function startSystem({
  directory,
  databaseUrl,
  redisUrl,
  profile,
  onLine,
}: SystemOptions): Promise<System> {
  await mkdir(directory, { recursive: true });
  const providersFile = join(directory, "providers.json");
  // Without a baseUrl the gateway is never called: its answers are not what is measured.
  await writeFile(providersFile, JSON.stringify({ [provider]: { kind: "hmac", secret: providerSecret } }));
  const port = await freePort();
  const environment = {
    DATABASE_URL: databaseUrl,
    DATA_DIR: directory,
    API_PORT: String(port),
    JWT_SECRET: jwtSecret,
    PROVIDERS_FILE: providersFile,
    LOG_LEVEL: "warn",
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
  };
  const start = (name: "api" | "worker") =>
    startChild({ name, entry: fileURLToPath(new URL(`${name}/src/main.ts`, apps)), environment, profile, onLine });
  const [api, worker] = await Promise.allSettled([start("api"), start("worker")]);
  const stop = async () => {
    const started = [api, worker].filter((one) => one.status === "fulfilled");
    await Promise.all(started.map(({ value }) => value.stop()));
  };
  for (const one of [api, worker]) {
    if (one.status === "fulfilled") continue;
    await stop();
    throw one.reason;
  }
  return { origin: `http://127.0.0.1:${port}`, stop };
}
