import { setTimeout as sleep } from "node:timers/promises";

import { onTestFinished } from "vitest";

import {
  type JobContext,
  type JobRun,
  type PoolOptions,
  type Processors,
  type Producer,
  type QueueBackend,
  type QueueLog,
  type WorkerPool,
  openPool,
  openProducer,
  poolTiming,
  queueNames,
} from "../../src/index.ts";

/** What the queue logged, to be looked at when a test wants to. */
export type Heard = QueueLog & { readonly lines: string[] };

export function listen(): Heard {
  const lines: string[] = [];
  const keep = (facts: object, message: string) => {
    const error = "err" in facts && facts.err instanceof Error ? `: ${facts.err.message}` : "";
    lines.push(message + error);
  };
  return { lines, warn: keep, info: keep };
}

/** A producer that is closed after the test. */
export async function testProducer(backend: QueueBackend, log: QueueLog = listen()): Promise<Producer> {
  const producer = await openProducer(backend, log, () => performance.now());
  onTestFinished(() => producer.close());
  return producer;
}

const idle: Processors = {
  "settle-callback": async () => undefined,
  "expire-order": async () => undefined,
  "send-refund": async () => undefined,
  "query-payments": async () => undefined,
  sweep: async () => undefined,
};

export type TestPool = WorkerPool & { readonly runs: JobRun[]; readonly log: Heard };

/** A pool that takes jobs, and is closed after the test. */
export async function testPool(
  backend: QueueBackend,
  processors: Partial<Processors> = {},
  options: Partial<PoolOptions> = {},
): Promise<TestPool> {
  const runs: JobRun[] = [];
  const log = listen();
  const pool = await openPool({
    backend,
    processors: { ...idle, ...processors },
    log,
    onRun: (run) => runs.push(run),
    onReconnect: () => undefined,
    ...options,
  });
  onTestFinished(() => pool.close());
  return { ...pool, runs, log };
}

/** Short enough for a test to wait for a stalled job, long enough for a busy machine to renew its locks. */
export const shortTiming = { ...poolTiming, lockDurationMs: 1_000, stalledIntervalMs: 500 };

/** Empties every queue, whatever its jobs are doing. */
export async function emptyQueues(backend: QueueBackend): Promise<void> {
  const producer = await openProducer(backend, listen(), () => performance.now());
  const queues = await producer.queues();
  for (const name of queueNames) {
    for (const { key } of await queues[name].getJobSchedulers()) await queues[name].removeJobScheduler(key);
    await queues[name].obliterate({ force: true });
    await queues[name].resume();
  }
  await producer.close();
}

/** Waits until it holds; fails by saying for what it waited. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 5_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await sleep(10);
  }
}

/** How long it took, and what came of it. */
export async function timed(work: Promise<unknown>): Promise<{ readonly ms: number; readonly error: unknown }> {
  const startedAt = performance.now();
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { ms: performance.now() - startedAt, error };
}

/** A processor that is held until it is let go, or aborted. */
export function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const started: JobContext[] = [];
  return {
    started,
    open: () => open(),
    hold: async (_payload: unknown, context: JobContext) => {
      started.push(context);
      await opened;
    },
  };
}
