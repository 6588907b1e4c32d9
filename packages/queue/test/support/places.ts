import { freshDatabase } from "@zhanggui/testing";

import { type QueueBackend, migrateQueue } from "../../src/index.ts";
import { hasRedis, ownRedis } from "./redis-server.ts";

/** Somewhere for a queue to live, for one test file. */
export type Place = { readonly backend: QueueBackend; readonly remove: () => Promise<void> };

/** Every backend: the same tests must pass on all of them. */
export const backends = [
  { kind: "redis", isHere: hasRedis, open: openRedisPlace },
  { kind: "postgres", isHere: true, open: openPostgresPlace },
] as const;

async function openRedisPlace(): Promise<Place> {
  const redis = await ownRedis();
  return { backend: { kind: "redis", nodes: [redis.url] }, remove: redis.remove };
}

export async function openPostgresPlace(): Promise<Place> {
  const database = await freshDatabase({ name: "queue: bullmq 6.7.0, busy tables", migrate: migrateQueue });
  return { backend: { kind: "postgres", url: database.url }, remove: database.drop };
}
