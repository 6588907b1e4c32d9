export * from "./backend.ts";
export * from "./bell.ts";
export type { BullQueue } from "./bull.ts";
export * from "./inspect.ts";
export { type JobName, type Payload, type QueueName, isQueueName, queueNames } from "./jobs.ts";
export * from "./pool.ts";
export { migrateQueue } from "./postgres.ts";
export * from "./producer.ts";
