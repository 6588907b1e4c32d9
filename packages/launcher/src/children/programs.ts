import { fileURLToPath } from "node:url";

/** A process of the system. It says "ready" on its IPC channel, and stops on SIGTERM or when that channel closes. */
export type Program = {
  readonly name: string;
  readonly entry: string;
  /** After this its SIGTERM becomes a SIGKILL. Together they leave the servers 3 of the 10 s that stopping may take. */
  readonly stopLimitMs: number;
  readonly inProduction: boolean;
};

const apps = new URL("../../../../apps/", import.meta.url);
const entryOf = (app: string) => fileURLToPath(new URL(`${app}/src/main.ts`, apps));

/** In the order in which they are started; they are stopped in the opposite one, so that callers go before the called. */
export const programs: readonly Program[] = [
  { name: "worker", entry: entryOf("worker"), stopLimitMs: 2_000, inProduction: true },
  { name: "api", entry: entryOf("api"), stopLimitMs: 3_500, inProduction: true },
  { name: "simulator", entry: entryOf("simulator"), stopLimitMs: 1_500, inProduction: false },
];
