import { type Job, type Processor, UnrecoverableError } from "bullmq";

import type { QueueBackend } from "./backend.ts";
import { type BullWorker, type Connection, openWorker } from "./bull.ts";
import { type QueueLog, calm } from "./calm-log.ts";
import { type JobName, type Payload, type QueueName, backoffMs, isJobName, jobs, queueNames } from "./jobs.ts";
import { endsWithin, within } from "./limit.ts";
import { openQueuePool } from "./postgres.ts";
import { UnsafeRedis, connectRedis, isReadyWithin, refuseEvicting } from "./redis.ts";

/** Jobs of one queue at once in one process. PostgreSQL as a queue gains nothing from more. */
const concurrency = { redis: 20, postgres: 10 } as const;
const maximumStalls = 10;
/** The default of 15 s would keep workers idle that long after a database restart. */
const runRetryDelayMs = 1_000;
/** How long an aborted job may take to notice, and how long connections may take to close. */
const abortLimitMs = 1_000;
const disconnectLimitMs = 500;
/** How long closing workers without a job may take to say goodbye to the queue. */
const quietLimitMs = 1_000;
const drainPollMs = 50;
const openLimitMs = 2_000;
/** Connections for the workers' queries and one LISTEN for each queue. */
const postgresPoolSize = 14;

export type JobContext = {
  readonly jobId: string;
  readonly attempt: number;
  /** Whether a failure of this run is the job's end. */
  readonly isLast: boolean;
  readonly signal: AbortSignal | undefined;
};

/** One processor for each job: forgetting one does not compile. */
export type Processors = {
  readonly [Name in JobName]: (payload: Payload<Name>, context: JobContext) => Promise<unknown>;
};

/** What became of one run of a job, for the log and the metrics. */
export type JobRun = {
  readonly queue: QueueName;
  readonly name: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly durationMs: number;
  readonly outcome: unknown;
  readonly error: Error | undefined;
};

export type WorkerPool = {
  /** Resolves when every worker of the pool takes jobs; to false when the pool was closed before that. */
  readonly ready: () => Promise<boolean>;
  /** Stops taking jobs, lets the running ones end within a limit, aborts the rest. */
  readonly close: () => Promise<void>;
};

export type PoolTiming = {
  /** A worker that died is noticed after its lock has run out and the next check for stalled jobs. */
  readonly lockDurationMs: number;
  readonly stalledIntervalMs: number;
  /** Stopping waits so long for running jobs, then aborts them; the stall check gives them to another worker. */
  readonly drainLimitMs: number;
};

export const poolTiming: PoolTiming = { lockDurationMs: 15_000, stalledIntervalMs: 5_000, drainLimitMs: 5_000 };

export type PoolOptions = {
  readonly backend: QueueBackend;
  readonly processors: Processors;
  readonly log: QueueLog;
  readonly onRun: (run: JobRun) => void;
  /** Called when the queue's connection came back after a break: what it held may be gone. */
  readonly onReconnect: () => void;
  /** For tests, which cannot wait so long. */
  readonly timing?: PoolTiming;
};

/** A job that no further try can mend; it fails at once. */
export { UnrecoverableError as PoisonedJob } from "bullmq";

/** Opens one worker for each queue. Refuses a Redis that may drop jobs. */
export async function openPool(options: PoolOptions): Promise<WorkerPool> {
  const { backend, onReconnect, timing = poolTiming } = options;
  const log = calm(options.log, () => performance.now());
  const running: Running = { count: 0 };
  const { connection, end } =
    backend.kind === "redis" ? await overRedis(backend.nodes, log, onReconnect) : await overPostgres(backend.url, log);
  const workers = queueNames.map((name) => {
    const worker = openWorker(
      name,
      processorOf(name, options, running),
      {
        concurrency: concurrency[backend.kind],
        lockDuration: timing.lockDurationMs,
        stalledInterval: timing.stalledIntervalMs,
        maxStalledCount: maximumStalls,
        runRetryDelay: runRetryDelayMs,
        settings: { backoffStrategy: (attemptsMade) => backoffMs(attemptsMade) },
      },
      connection,
    );
    worker.on("error", (error) => log.warn({ err: error, queue: name }, "worker error"));
    return worker;
  });
  const closed = Promise.withResolvers<boolean>();
  return {
    ready: async () => {
      const started = Promise.all(workers.map((worker) => worker.waitUntilReady()));
      return Promise.race([closed.promise, started.then(() => true)]);
    },
    close: async () => {
      closed.resolve(false);
      await drain(workers, { running, drainLimitMs: timing.drainLimitMs, log });
      await end();
    },
  };
}

/** The jobs whose processors have not ended yet. */
type Running = { count: number };

function processorOf(
  queue: QueueName,
  { processors, onRun }: Pick<PoolOptions, "processors" | "onRun">,
  running: Running,
): Processor {
  return async (job: Job, _token?: string, signal?: AbortSignal) => {
    const startedAt = performance.now();
    const context: JobContext = {
      jobId: job.id ?? "",
      attempt: job.attemptsMade + 1,
      isLast: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
      signal,
    };
    const report = (outcome: unknown, error: Error | undefined) =>
      onRun({
        queue,
        name: job.name,
        jobId: context.jobId,
        attempt: context.attempt,
        durationMs: performance.now() - startedAt,
        outcome,
        error,
      });
    running.count += 1;
    try {
      const outcome = await run(processors, job, context);
      report(outcome, undefined);
      return outcome;
    } catch (error) {
      report(undefined, error instanceof Error ? error : new Error(String(error)));
      throw error;
    } finally {
      running.count -= 1;
    }
  };
}

async function run(processors: Processors, job: Job, context: JobContext): Promise<unknown> {
  if (!isJobName(job.name)) throw new UnrecoverableError(`there is no job ${job.name}`);
  return runNamed(processors, job.name, job.data, context);
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it ties the payload to the processor that takes it.
function runNamed<Name extends JobName>(
  processors: Processors,
  name: Name,
  data: unknown,
  context: JobContext,
): Promise<unknown> {
  const payload = jobs[name].payload.safeParse(data);
  if (!payload.success) throw new UnrecoverableError(`the job's data are not those of ${name}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- zod's result type does not follow the type parameter; the schema just checked is the one of this name.
  return processors[name](payload.data as Payload<Name>, context);
}

type Draining = { readonly running: Running; readonly drainLimitMs: number; readonly log: QueueLog };

/**
 * `worker.close` waits without a limit, for jobs and for a queue that is away, and a later forced one does nothing: so
 * the wait is bounded, then jobs are aborted, then connections broken.
 */
async function drain(workers: readonly BullWorker[], { running, drainLimitMs, log }: Draining): Promise<void> {
  const closing = Promise.allSettled(workers.map((worker) => worker.close()));
  const deadline = performance.now() + drainLimitMs;
  let quietSince = performance.now();
  while (performance.now() < deadline && performance.now() - quietSince < quietLimitMs) {
    if (await endsWithin(closing, drainPollMs)) return;
    if (running.count > 0) quietSince = performance.now();
  }
  log.warn({ jobs: running.count }, "jobs still run, or the queue is away: aborting");
  for (const worker of workers) worker.cancelAllJobs("shutdown");
  if (running.count > 0 && (await endsWithin(closing, abortLimitMs))) return;
  await endsWithin(Promise.allSettled(workers.map((worker) => worker.disconnect())), disconnectLimitMs);
}

type Opened = { readonly connection: Connection; readonly end: () => Promise<void> };

async function overRedis(nodes: readonly string[], log: QueueLog, onReconnect: () => void): Promise<Opened> {
  const client = connectRedis(nodes, "consuming");
  client.on("error", (error: unknown) => log.warn({ err: error }, "redis error"));
  const check = () => within(refuseEvicting(client), openLimitMs);
  if (await isReadyWithin(client, openLimitMs)) {
    try {
      await check();
    } catch (error) {
      // A Redis that hangs right now is only away, and workers wait for it.
      if (error instanceof UnsafeRedis) {
        client.disconnect();
        throw error;
      }
    }
  } else {
    log.warn({}, "redis cannot be reached: the pool starts when it can");
  }
  client.on("ready", () => {
    onReconnect();
    check().catch((error: unknown) => log.warn({ err: error }, "redis came back, but must not be trusted"));
  });
  return {
    connection: { kind: "redis", client },
    end: async () => client.disconnect(),
  };
}

async function overPostgres(url: string, log: QueueLog): Promise<Opened> {
  const pool = await openQueuePool({
    url,
    size: postgresPoolSize,
    onError: (error) => log.warn({ err: error }, "queue connection error"),
  });
  return {
    connection: { kind: "postgres", pool },
    end: async () => {
      await endsWithin(pool.end(), disconnectLimitMs);
    },
  };
}
