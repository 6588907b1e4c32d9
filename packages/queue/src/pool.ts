import { type Job, type Processor, UnrecoverableError } from "bullmq";

import type { QueueBackend } from "./backend.ts";
import { type BullWorker, type Connection, openWorker } from "./bull.ts";
import { type JobName, type Payload, type QueueName, backoffMs, isJobName, jobs, queueNames } from "./jobs.ts";
import { openQueuePool } from "./postgres.ts";
import type { QueueLog } from "./producer.ts";
import { connectRedis, evictionProblem, isReadyWithin } from "./redis.ts";

/** Jobs of one queue at once in one process. PostgreSQL as a queue gains nothing from more. */
const concurrency = { redis: 20, postgres: 10 } as const;
/** A worker that died is noticed after its lock has run out and the next check for stalled jobs. */
const lockDurationMs = 15_000;
const stalledIntervalMs = 5_000;
const maximumStalls = 10;
/** The default of 15 s would keep workers idle that long after a database restart. */
const runRetryDelayMs = 1_000;
/** Stopping waits so long for running jobs, then aborts them; the stall check gives them to another worker. */
const drainLimitMs = 5_000;
const abortLimitMs = 1_000;
const openLimitMs = 2_000;
/** Connections for the workers' queries and one LISTEN for each of the three queues. */
const postgresPoolSize = 12;

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
  /** Resolves when every worker of the pool takes jobs. */
  readonly ready: () => Promise<void>;
  /** Stops taking jobs, lets the running ones end within a limit, aborts the rest. */
  readonly close: () => Promise<void>;
};

export type PoolOptions = {
  readonly backend: QueueBackend;
  readonly processors: Processors;
  readonly log: QueueLog;
  readonly onRun: (run: JobRun) => void;
  /** Called when the queue's connection came back after a break: what it held may be gone. */
  readonly onReconnect: () => void;
};

/** A job that no further try can mend; it fails at once. */
export { UnrecoverableError as PoisonedJob } from "bullmq";

/** Opens one worker for each queue. Refuses a Redis that may drop jobs. */
export async function openPool({ backend, processors, log, onRun, onReconnect }: PoolOptions): Promise<WorkerPool> {
  const { connection, end } =
    backend.kind === "redis" ? await overRedis(backend.nodes, log, onReconnect) : await overPostgres(backend.url, log);
  const workers = queueNames.map((name) => {
    const worker = openWorker(
      name,
      processorOf(name, processors, onRun),
      {
        concurrency: concurrency[backend.kind],
        lockDuration: lockDurationMs,
        stalledInterval: stalledIntervalMs,
        maxStalledCount: maximumStalls,
        runRetryDelay: runRetryDelayMs,
        settings: { backoffStrategy: (attemptsMade) => backoffMs(attemptsMade) },
      },
      connection,
    );
    worker.on("error", (error) => log.warn({ err: error, queue: name }, "worker error"));
    return worker;
  });
  return {
    ready: async () => {
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    },
    close: async () => {
      await drain(workers, log);
      await end();
    },
  };
}

function processorOf(queue: QueueName, processors: Processors, onRun: (run: JobRun) => void): Processor {
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
    try {
      const outcome = await run(processors, job, context);
      report(outcome, undefined);
      return outcome;
    } catch (error) {
      report(undefined, error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  };
}

async function run(processors: Processors, job: Job, context: JobContext): Promise<unknown> {
  if (!isJobName(job.name)) throw new UnrecoverableError(`there is no job ${job.name}`);
  return runNamed(processors, job.name, job.data, context);
}

function runNamed<Name extends JobName>(
  processors: Processors,
  name: Name,
  data: unknown,
  context: JobContext,
): Promise<unknown> {
  const payload = jobs[name].payload.safeParse(data);
  if (!payload.success) throw new UnrecoverableError(`the job's data are not those of ${name}`);
  // zod's result type does not follow the type parameter; the schema just checked is the one of this name.
  return processors[name](payload.data as Payload<Name>, context);
}

/** `worker.close` waits without a limit, and a later forced one does nothing: so the wait is raced, then jobs aborted. */
async function drain(workers: readonly BullWorker[], log: QueueLog): Promise<void> {
  const closing = Promise.allSettled(workers.map((worker) => worker.close()));
  if (await endsWithin(closing, drainLimitMs)) return;
  log.warn({ drainLimitMs }, "jobs still run: aborting them");
  for (const worker of workers) worker.cancelAllJobs("shutdown");
  await endsWithin(closing, abortLimitMs);
}

async function endsWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const ended = await Promise.race([work.then(() => true as const), limit]);
  clearTimeout(timer);
  return ended;
}

type Opened = { readonly connection: Connection; readonly end: () => Promise<void> };

async function overRedis(nodes: readonly string[], log: QueueLog, onReconnect: () => void): Promise<Opened> {
  const client = connectRedis(nodes, "consuming");
  client.on("error", (error) => log.warn({ err: error }, "redis error"));
  if (await isReadyWithin(client, openLimitMs)) {
    const problem = await evictionProblem(client);
    if (problem !== undefined) {
      client.disconnect();
      throw new Error(problem);
    }
  } else {
    log.warn({}, "redis cannot be reached: the pool starts when it can");
  }
  client.on("ready", onReconnect);
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
  return { connection: { kind: "postgres", pool }, end: () => pool.end() };
}
