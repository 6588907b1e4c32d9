import { resolve } from "node:path";

import { type Environment, readEnvironment } from "@zhanggui/runtime";

import { findRunning } from "../running.ts";
import type { Variables } from "../settings.ts";

/** Which system a verb works on: the environment's, or the one that `pnpm start` runs in the data directory. */
export function findSystem(variables: Variables): Environment {
  const environment = readEnvironment(variables);
  const { DATABASE_URL: databaseUrl, NODE_ENV } = environment;
  const directory = resolve(environment.DATA_DIR);
  const running = findRunning(directory);
  // A start that was given this database may have a queue and providers of its own making.
  if (running !== undefined && (databaseUrl === undefined || databaseUrl === running.databaseUrl)) {
    return {
      ...environment,
      DATA_DIR: directory,
      DATABASE_URL: running.databaseUrl,
      REDIS_URL: environment.REDIS_URL ?? running.redisUrl,
      PROVIDERS_FILE: environment.PROVIDERS_FILE ?? running.providersFile,
      PUBLIC_URL: environment.PUBLIC_URL ?? running.apiUrl,
    };
  }
  if (databaseUrl !== undefined) return environment;
  const hint = NODE_ENV === "production" ? "" : "run `pnpm start` in another terminal, or ";
  throw new Error(`No system runs in ${directory}: ${hint}set DATABASE_URL (and REDIS_URL) to work on another one.`);
}
