import { join } from "node:path";

import { startPostgres, startRedis } from "@zhanggui/embedded";

import type { Closings } from "../closings.ts";
import { openLogFile } from "../log-file.ts";
import type { DatabasePlan, Plan, QueuePlan } from "./plan.ts";

export type Services = { readonly databaseUrl: string; readonly redisUrl: string | undefined };

/** Starts what the plan says is ours to start. */
export async function openServices(plan: Plan, dataDirectory: string, closings: Closings): Promise<Services> {
  const databaseUrl = await openDatabase(plan.database, dataDirectory, closings);
  return { databaseUrl, redisUrl: await openQueue(plan.queue, dataDirectory, closings) };
}

async function openDatabase(plan: DatabasePlan, directory: string, closings: Closings): Promise<string> {
  if (plan.kind === "given") return plan.url;
  const postgres = await startPostgres({ directory, durable: true, log: logTo("postgres", directory, closings) });
  closings.add("PostgreSQL", postgres.stop);
  return postgres.url;
}

async function openQueue(plan: QueuePlan, directory: string, closings: Closings): Promise<string | undefined> {
  if (plan.kind === "postgres") return undefined;
  if (plan.kind === "given") return plan.url;
  const { binary } = plan;
  const redis = await startRedis({ directory, binary, log: logTo("redis", directory, closings) });
  closings.add("Redis", redis.stop);
  return redis.url;
}

function logTo(name: string, directory: string, closings: Closings): (line: string) => void {
  const file = openLogFile(join(directory, "logs"), name);
  closings.add(`the log of ${name}`, file.close);
  return file.write;
}
