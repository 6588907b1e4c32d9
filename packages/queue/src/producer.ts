import type { Job } from "bullmq";

import type { QueueBackend } from "./backend.ts";
import { type BullQueue, type Connection, openQueue } from "./bull.ts";
import { type JobName, type Payload, type QueueName, jobs, queueNames } from "./jobs.ts";
import { createBreaker, within } from "./limit.ts";
import { openQueuePool } from "./postgres.ts";
import { connectRedis, evictionProblem, isReadyWithin } from "./redis.ts";

/** Longest wait of a caller for the queue; a gateway waits for its acknowledgement meanwhile. */
const callLimitMs = 1_000;
/** A bulk add carries many jobs in one call. */
const bulkLimitMs = 10_000;
/** How long opening waits for a Redis that is down before it goes on without. */
const openLimitMs = 2_000;
const postgresPoolSize = 6;
const rearmedAtOnce = 20;

export type QueueLog = {
  readonly warn: (facts: object, message: string) => void;
  readonly info: (facts: object, message: string) => void;
};

/** One job to be woken, with the id under which it exists at most once. */
export type Wanted<Name extends JobName> = { readonly jobId: string; readonly payload: Payload<Name> };

/** The sending side of the queue. Every call is bounded in time and rejects when the queue is not there. */
export type Producer = {
  readonly backend: QueueBackend["kind"];
  /** Adds a job; one with this id that waits, runs or failed is left as it is. */
  readonly add: <Name extends JobName>(name: Name, wanted: Wanted<Name>) => Promise<void>;
  /** Makes sure that each job waits or runs: adds what is missing, takes up again what failed. */
  readonly rearm: <Name extends JobName>(name: Name, wanted: readonly Wanted<Name>[]) => Promise<void>;
  /** A job that comes back every `everySeconds` until it is unscheduled, first at `startAt`. */
  readonly schedule: <Name extends JobName>(name: Name, schedule: Schedule<Name>) => Promise<void>;
  readonly unschedule: (name: JobName, schedulerId: string) => Promise<boolean>;
  readonly isScheduled: (name: JobName, schedulerId: string) => Promise<boolean>;
  /** The queues themselves, for looking inside. Rejects while the queue cannot be reached. */
  readonly queues: () => Promise<Readonly<Record<QueueName, BullQueue>>>;
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export type Schedule<Name extends JobName> = {
  readonly schedulerId: string;
  readonly everySeconds: number;
  readonly startAt?: Date | undefined;
  readonly payload: Payload<Name>;
};

type Queues = Readonly<Record<QueueName, BullQueue>>;

/** Opens the sending side. A Redis that is down does not stop it: calls reject until it is there. */
export async function openProducer(backend: QueueBackend, log: QueueLog, now: () => number): Promise<Producer> {
  const line = backend.kind === "redis" ? await overRedis(backend.nodes, log) : await overPostgres(backend.url, log);
  const breaker = createBreaker(now);
  const call = <Result>(work: (queues: Queues) => Promise<Result>, limitMs = callLimitMs): Promise<Result> =>
    breaker(() => within((async () => work(await line.queues()))(), limitMs));

  return {
    backend: backend.kind,
    add: async (name, { jobId, payload }) => {
      await call((queues) => queues[jobs[name].queue].add(name, payload, { ...jobs[name].options, jobId }));
    },
    rearm: async (name, wanted) => {
      await call((queues) => rearm(queues[jobs[name].queue], name, wanted), bulkLimitMs);
    },
    schedule: async (name, { schedulerId, everySeconds, startAt, payload }) => {
      const repeat = { every: everySeconds * 1000, ...(startAt === undefined ? {} : { startDate: startAt }) };
      const template = { name, data: payload, opts: jobs[name].options };
      await call((queues) => queues[jobs[name].queue].upsertJobScheduler(schedulerId, repeat, template));
    },
    unschedule: (name, schedulerId) => call((queues) => queues[jobs[name].queue].removeJobScheduler(schedulerId)),
    isScheduled: async (name, schedulerId) =>
      (await call((queues) => queues[jobs[name].queue].getJobScheduler(schedulerId))) !== undefined,
    queues: line.queues,
    ping: async () => {
      await within((async () => (await line.queues()).callbacks.getJobCountByTypes("waiting"))(), callLimitMs);
    },
    close: line.close,
  };
}

async function rearm<Name extends JobName>(
  queue: BullQueue,
  name: Name,
  wanted: readonly Wanted<Name>[],
): Promise<void> {
  await queue.addBulk(
    wanted.map(({ jobId, payload }) => ({ name, data: payload, opts: { ...jobs[name].options, jobId } })),
  );
  for (let at = 0; at < wanted.length; at += rearmedAtOnce) {
    await Promise.all(wanted.slice(at, at + rearmedAtOnce).map(({ jobId }) => retryIfFailed(queue, jobId)));
  }
}

async function retryIfFailed(queue: BullQueue, jobId: string): Promise<void> {
  const job: Job | undefined = await queue.getJob(jobId);
  if (job !== undefined && (await job.isFailed())) {
    await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
  }
}

type Line = { readonly queues: () => Promise<Queues>; readonly close: () => Promise<void> };

function openAll(connection: Connection, log: QueueLog, skipWaiting: boolean): Queues {
  const open = (name: QueueName): BullQueue => {
    const queue = openQueue(name, connection, { skipWaitingForReady: skipWaiting });
    queue.on("error", (error) => log.warn({ err: error, queue: name }, "queue error"));
    return queue;
  };
  return { callbacks: open("callbacks"), expiry: open("expiry"), maintenance: open("maintenance") };
}

async function closeAll(queues: Queues): Promise<void> {
  await Promise.allSettled(queueNames.map((name) => queues[name].close()));
}

/**
 * BullMQ asks for Redis's version once and remembers a refusal for ever, so its queues are made only when the
 * connection is ready for the first time. A Redis that may evict keys is refused: at start by an error, later by
 * staying without a queue.
 */
async function overRedis(nodes: readonly string[], log: QueueLog): Promise<Line> {
  const client = connectRedis(nodes, "producing");
  client.on("error", (error) => log.warn({ err: error }, "redis error"));
  let queues: Queues | undefined;
  const open = async (): Promise<string | undefined> => {
    const problem = await evictionProblem(client);
    if (problem === undefined) queues ??= openAll({ kind: "redis", client }, log, true);
    return problem;
  };

  if (await isReadyWithin(client, openLimitMs)) {
    const problem = await open();
    if (problem !== undefined) {
      client.disconnect();
      throw new Error(problem);
    }
  } else {
    log.warn({}, "redis cannot be reached: going on without a queue until it can");
  }
  client.on("ready", () => {
    if (queues !== undefined) return;
    open().then(
      (problem) => problem !== undefined && log.warn({ problem }, "redis refused"),
      (error: unknown) => log.warn({ err: error }, "redis became ready but did not answer"),
    );
  });
  return {
    queues: async () => {
      if (queues === undefined) throw new Error("redis has not been reached yet");
      return queues;
    },
    close: async () => {
      if (queues !== undefined) await closeAll(queues);
      client.disconnect();
    },
  };
}

async function overPostgres(url: string, log: QueueLog): Promise<Line> {
  const pool = await openQueuePool({
    url,
    size: postgresPoolSize,
    onError: (error) => log.warn({ err: error }, "queue connection error"),
  });
  const queues = openAll({ kind: "postgres", pool }, log, false);
  return {
    queues: async () => queues,
    close: async () => {
      await closeAll(queues);
      await pool.end();
    },
  };
}
