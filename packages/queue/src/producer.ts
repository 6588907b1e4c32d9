import type { Job, JobSchedulerJson } from "bullmq";

import type { QueueBackend } from "./backend.ts";
import { type BullQueue, type Connection, openQueue } from "./bull.ts";
import { type QueueLog, calm } from "./calm-log.ts";
import { type JobName, type Payload, type QueueName, jobs, queueNames } from "./jobs.ts";
import { createBreaker, endsWithin, within } from "./limit.ts";
import { openQueuePool } from "./postgres.ts";
import { retryFailed } from "./retry-failed.ts";
import { UnsafeRedis, connectRedis, isReadyWithin, refuseEvicting } from "./redis.ts";

/** Longest wait of a caller for the queue; a gateway waits for its acknowledgement meanwhile. */
const callLimitMs = 1_000;
/** A bulk add carries many jobs in one call. */
const bulkLimitMs = 10_000;
/** How long opening waits for a Redis that is down before it goes on without. */
const openLimitMs = 2_000;
const closeLimitMs = 1_000;
const postgresPoolSize = 6;
const rearmedAtOnce = 20;

export type { QueueLog } from "./calm-log.ts";

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
  /** Every how many seconds a scheduled job comes back; `undefined` when it is not scheduled. */
  readonly paceOf: (name: JobName, schedulerId: string) => Promise<number | undefined>;
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
export async function openProducer(backend: QueueBackend, loud: QueueLog, now: () => number): Promise<Producer> {
  const log = calm(loud, now);
  const line = backend.kind === "redis" ? await overRedis(backend.nodes, log) : await overPostgres(backend.url, log);
  const breaker = createBreaker(now);
  const call = <Result>(work: (queues: Queues) => Promise<Result>, limitMs = callLimitMs): Promise<Result> =>
    breaker(() => within((async () => work(await line.queues()))(), limitMs));
  const schedulerOf = (name: JobName, schedulerId: string): Promise<JobSchedulerJson | undefined> =>
    call((queues) => queues[jobs[name].queue].getJobScheduler(schedulerId));

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
    isScheduled: async (name, schedulerId) => (await schedulerOf(name, schedulerId)) !== undefined,
    paceOf: async (name, schedulerId) => {
      const scheduler = await schedulerOf(name, schedulerId);
      return scheduler && (scheduler.every ?? 0) / 1000;
    },
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
  if (job !== undefined) await retryFailed(job);
}

type Line = { readonly queues: () => Promise<Queues>; readonly close: () => Promise<void> };

/**
 * BullMQ asks a connection once for its server's version and remembers a failure for ever. So its queues are kept only
 * when that went well; until then each caller tries to open them anew, all at once together.
 */
function openedOnce(open: () => Promise<Queues>): {
  readonly get: () => Promise<Queues>;
  readonly close: () => Promise<void>;
} {
  let opened: Queues | undefined;
  let opening: Promise<Queues> | undefined;
  return {
    get: async () => {
      if (opened !== undefined) return opened;
      opening ??= open()
        .then((queues) => (opened = queues))
        .finally(() => (opening = undefined));
      return opening;
    },
    close: async () => {
      if (opened !== undefined) await closeAll(opened);
    },
  };
}

async function openAll(connection: Connection, log: QueueLog): Promise<Queues> {
  const open = (name: QueueName): BullQueue => {
    const queue = openQueue(name, connection, { skipWaitingForReady: true });
    queue.on("error", (error) => log.warn({ err: error, queue: name }, "queue error"));
    return queue;
  };
  const queues = {
    callbacks: open("callbacks"),
    expiry: open("expiry"),
    refunds: open("refunds"),
    maintenance: open("maintenance"),
  };
  try {
    await Promise.all(queueNames.map((name) => queues[name].waitUntilReady()));
    return queues;
  } catch (error) {
    await closeAll(queues);
    throw error;
  }
}

async function closeAll(queues: Queues): Promise<void> {
  await Promise.allSettled(queueNames.map((name) => queues[name].close()));
}

/** A Redis that may evict keys is refused: at start by an error, later by staying without a queue. */
async function overRedis(nodes: readonly string[], log: QueueLog): Promise<Line> {
  const client = connectRedis(nodes, "producing");
  client.on("error", (error: unknown) => log.warn({ err: error }, "redis error"));
  const queues = openedOnce(async () => {
    if (client.status !== "ready") throw new Error("redis has not been reached yet");
    await refuseEvicting(client);
    return openAll({ kind: "redis", client }, log);
  });

  await isReadyWithin(client, openLimitMs);
  try {
    await within(queues.get(), openLimitMs);
  } catch (error) {
    if (error instanceof UnsafeRedis) {
      client.disconnect();
      throw error;
    }
    log.warn({ err: error }, "redis cannot be reached: going on without a queue until it can");
  }
  return {
    queues: queues.get,
    close: async () => {
      await queues.close();
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
  const queues = openedOnce(() => openAll({ kind: "postgres", pool }, log));
  await queues.get();
  return {
    queues: queues.get,
    close: async () => {
      await queues.close();
      await endsWithin(pool.end(), closeLimitMs);
    },
  };
}
