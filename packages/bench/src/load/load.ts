import { once } from "node:events";
import { Worker } from "node:worker_threads";

import { z } from "zod";

import { type Spread, perSecond, spreadOf } from "../percentiles.ts";

const loadRequest = z.object({
  method: z.literal("POST"),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

/** Signed and written out before the clock starts. */
export const loadSchema = z.object({
  origin: z.string(),
  connections: z.int(),
  requests: z.array(loadRequest).readonly(),
});

const loadResult = z.object({
  startedAtMs: z.number(),
  durationMs: z.number(),
  latenciesMs: z.array(z.number()),
  /** Answers by status; a request without one, by what went wrong. */
  statuses: z.record(z.string(), z.int()),
});

export type LoadRequest = Readonly<z.infer<typeof loadRequest>>;
export type Load = Readonly<z.infer<typeof loadSchema>>;
export type LoadResult = Readonly<z.infer<typeof loadResult>>;

/** A closed loop: so many connections, each sends its next request when the last one was answered. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const thread = new Worker(new URL("client.ts", import.meta.url), { workerData: load });
  const failed = once(thread, "error").then(([error]) => Promise.reject(error));
  failed.catch(() => undefined);
  const words: unknown[] = await Promise.race([once(thread, "message"), failed]);
  await thread.terminate();
  return loadResult.parse(words[0]);
}

export type Rate = { readonly perSecond: number; readonly latencyMs: Spread };

/** The rate, when every request was answered with `status`; else an error that counts the others. */
export function rateOf({ durationMs, latenciesMs, statuses }: LoadResult, status: number): Rate {
  const others = Object.entries(statuses).filter(([name]) => name !== String(status));
  if (others.length > 0) {
    throw new Error(`answers other than ${status}: ${others.map(([name, n]) => `${n} × ${name}`).join(", ")}`);
  }
  return { perSecond: perSecond(latenciesMs.length, durationMs), latencyMs: spreadOf(latenciesMs) };
}

export const connections = 48;
const warmUpShare = 0.1;
const mostWarmUp = 500;

/** So many requests go ahead of the measured ones, so that code is compiled and connections of the pools are open. */
export function warmUpOf(count: number): number {
  return Math.min(mostWarmUp, Math.ceil(count * warmUpShare));
}
