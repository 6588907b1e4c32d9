import { parentPort, workerData } from "node:worker_threads";

import { Pool } from "undici";

import { type LoadRequest, type LoadResult, loadSchema } from "./load.ts";

/** Runs in a thread of its own: what it measures is not held up by the rest of the bench. */
const { origin, connections, requests } = loadSchema.parse(workerData);

const pool = new Pool(origin, { connections, pipelining: 1, keepAliveTimeout: 60_000 });
const latenciesMs: number[] = [];
const statuses: Record<string, number> = {};
let next = 0;

async function lane(): Promise<void> {
  for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
    const startedAt = performance.now();
    const outcome = await send(request);
    latenciesMs.push(performance.now() - startedAt);
    statuses[outcome] = (statuses[outcome] ?? 0) + 1;
  }
}

async function send(request: LoadRequest): Promise<string> {
  try {
    const { statusCode, body } = await pool.request(request);
    await body.dump();
    return String(statusCode);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const startedAtMs = Date.now();
const startedAt = performance.now();
await Promise.all(Array.from({ length: connections }, lane));
const result: LoadResult = { startedAtMs, durationMs: performance.now() - startedAt, latenciesMs, statuses };
await pool.close();
parentPort?.postMessage(result);
