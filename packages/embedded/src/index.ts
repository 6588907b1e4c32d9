export { freePort } from "./free-port.ts";
export { findOnPath } from "./find-on-path.ts";
export { startPostgres } from "./postgres.ts";
export type { Postgres, PostgresOptions } from "./postgres.ts";
export { findRedis, startRedis } from "./redis.ts";
export type { Redis, RedisOptions } from "./redis.ts";
