export * from "./backend.ts";
export * from "./bell.ts";
export * from "./inspect.ts";
export { queueNames } from "./jobs.ts";
export * from "./pool.ts";
export { migrateQueue } from "./postgres.ts";
export * from "./producer.ts";
