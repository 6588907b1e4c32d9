import type { TestProject } from "vitest/node";
import { ensureServers } from "./servers.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly databaseUrl: string;
    /** Undefined on a machine without Redis: what needs it is to be skipped, by name. */
    readonly redisUrl: string | undefined;
  }
}

/** Vitest calls it once per workspace, and calls what it returns at the end. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { databaseUrl, redisUrl, stop } = await ensureServers();
  project.provide("databaseUrl", databaseUrl);
  project.provide("redisUrl", redisUrl);
  return stop;
}
