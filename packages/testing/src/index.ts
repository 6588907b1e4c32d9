export { freshDatabase } from "./fresh-database.ts";
export type { FreshDatabase } from "./fresh-database.ts";
export { startReceiver } from "./receiver.ts";
export type { Receiver } from "./receiver.ts";
