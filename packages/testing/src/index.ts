export { ensureServers } from "./servers.ts";
export type { Servers } from "./servers.ts";
export { freshDatabase } from "./fresh-database.ts";
export type { FreshDatabase } from "./fresh-database.ts";
