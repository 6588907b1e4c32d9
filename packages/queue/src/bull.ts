import {
  type PgPool,
  type Processor,
  Queue,
  type QueueOptions,
  Worker,
  type WorkerOptions,
  createPostgresBackend,
  withBackend,
} from "bullmq";

import { redisPrefix } from "./backend.ts";
import type { RedisClient } from "./redis.ts";

const onPostgres = withBackend(createPostgresBackend);

/** What BullMQ runs on: one connection of either kind. */
export type Connection =
  | { readonly kind: "redis"; readonly client: RedisClient }
  | { readonly kind: "postgres"; readonly pool: PgPool };

/** BullMQ types a queue by its backend; what is used of it here is the same on both. */
export type BullQueue = Queue | InstanceType<typeof onPostgres.Queue>;
export type BullWorker = Worker | InstanceType<typeof onPostgres.Worker>;

export function openQueue(
  name: string,
  connection: Connection,
  options: Omit<QueueOptions, "connection" | "prefix"> = {},
): BullQueue {
  if (connection.kind === "postgres") return new onPostgres.Queue(name, { ...options, connection: connection.pool });
  const queue: Queue = new Queue(name, { ...options, connection: connection.client, prefix: redisPrefix });
  return queue;
}

export function openWorker(
  name: string,
  processor: Processor,
  options: Omit<WorkerOptions, "connection" | "prefix">,
  connection: Connection,
): BullWorker {
  if (connection.kind === "postgres") {
    return new onPostgres.Worker(name, processor, { ...options, connection: connection.pool });
  }
  const worker: Worker = new Worker(name, processor, {
    ...options,
    connection: connection.client,
    prefix: redisPrefix,
  });
  return worker;
}
