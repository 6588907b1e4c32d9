import type { Job, JobType } from "bullmq";

import { type QueueName, queueNames } from "./jobs.ts";
import type { Producer } from "./producer.ts";
import { type RetryAnswer, retryFailed } from "./retry-failed.ts";

export type { RetryAnswer } from "./retry-failed.ts";

export const jobStates = ["waiting", "active", "delayed", "failed", "completed"] as const satisfies readonly JobType[];
export type JobState = (typeof jobStates)[number];

export type JobView = {
  readonly id: string;
  readonly queue: QueueName;
  readonly name: string;
  readonly state: JobState;
  readonly data: unknown;
  readonly attemptsMade: number;
  readonly failedReason: string | undefined;
  readonly createdAt: Date;
  readonly processedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
};

export type JobsFilter = {
  readonly queue: QueueName | undefined;
  readonly state: JobState | undefined;
  readonly offset: number;
  readonly limit: number;
};

/** Lists jobs, newest first within each state. Offsets move when jobs do: this is for looking, not for counting. */
export async function listJobs(producer: Producer, { queue, state, offset, limit }: JobsFilter): Promise<JobView[]> {
  const queues = await producer.queues();
  const views: JobView[] = [];
  for (const name of queue === undefined ? queueNames : [queue]) {
    for (const wanted of state === undefined ? jobStates : [state]) {
      if (views.length >= offset + limit) return views.slice(offset, offset + limit);
      const found: Job[] = await queues[name].getJobs([wanted], 0, offset + limit - 1, false);
      views.push(...found.filter((job) => job !== undefined).map((job) => viewOf(name, wanted, job)));
    }
  }
  return views.slice(offset, offset + limit);
}

function viewOf(queue: QueueName, state: JobState, job: Job): JobView {
  return {
    id: job.id ?? "",
    queue,
    name: job.name,
    state,
    data: job.data,
    attemptsMade: job.attemptsMade,
    failedReason: job.failedReason,
    createdAt: new Date(job.timestamp),
    processedAt: job.processedOn === undefined ? undefined : new Date(job.processedOn),
    finishedAt: job.finishedOn === undefined ? undefined : new Date(job.finishedOn),
  };
}

/** One job as it stands. */
export async function findJob(producer: Producer, queue: QueueName, jobId: string): Promise<JobView | undefined> {
  const queues = await producer.queues();
  const job: Job | undefined = await queues[queue].getJob(jobId);
  if (job === undefined) return undefined;
  const state = await job.getState();
  return viewOf(queue, jobStates.find((known) => known === state) ?? "waiting", job);
}

/** Takes up a failed job again, with all its tries. Of several callers at once exactly one gets "retried". */
export async function retryJob(producer: Producer, queue: QueueName, jobId: string): Promise<RetryAnswer> {
  const queues = await producer.queues();
  const job: Job | undefined = await queues[queue].getJob(jobId);
  return job === undefined ? "not_found" : retryFailed(job);
}

export type QueueCounts = Readonly<Record<QueueName, Readonly<Record<string, number>>>>;

export async function countJobs(producer: Producer): Promise<QueueCounts> {
  const queues = await producer.queues();
  const [callbacks, expiry, refunds, maintenance] = await Promise.all(
    queueNames.map((name) => queues[name].getJobCounts(...jobStates)),
  );
  return { callbacks: callbacks ?? {}, expiry: expiry ?? {}, refunds: refunds ?? {}, maintenance: maintenance ?? {} };
}
