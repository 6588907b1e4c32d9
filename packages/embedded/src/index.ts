export { freePort } from "./free-port.ts";
export { findOnPath } from "./find-on-path.ts";
export { startPostgres } from "./postgres.ts";
export type { Postgres } from "./postgres.ts";
export { findRedis, startRedis } from "./redis.ts";
export type { Redis } from "./redis.ts";
