import type { JobsOptions } from "bullmq";
import { z } from "zod";

export const queueNames = ["callbacks", "expiry", "refunds", "maintenance"] as const;
export type QueueName = (typeof queueNames)[number];

/** Jobs carry ids only: what is to be done depends on today's rows, never on what a job once knew. */
const id = z.string().min(1).max(100);

/** A job stays in the queue until it is done; a failed one stays for people to see, up to so many a queue. */
const failedJobsKept = 5_000;
const retention = { removeOnComplete: true, removeOnFail: { count: failedJobsKept }, sizeLimit: 4_096 } as const;

/** The delay between tries doubles up to a cap: see `backoffMs`. */
const patient = { ...retention, attempts: 12, backoff: { type: "capped" } } as const satisfies JobsOptions;

/** Every job: its queue, what it carries, and how often it is tried. */
export const jobs = {
  "settle-callback": { queue: "callbacks", payload: z.strictObject({ callbackId: id }), options: patient },
  "expire-order": {
    queue: "expiry",
    payload: z.strictObject({ orderId: id }),
    options: { ...patient, attempts: 3 },
  },
  // Its gateway's ladder is in the database: what a try cannot do, the sweep brings back.
  "send-refund": {
    queue: "refunds",
    payload: z.strictObject({ refundId: id }),
    options: { ...patient, attempts: 3 },
  },
  "query-payments": { queue: "maintenance", payload: z.strictObject({}), options: { ...patient, attempts: 1 } },
  sweep: { queue: "maintenance", payload: z.strictObject({}), options: { ...patient, attempts: 1 } },
} as const satisfies Record<
  string,
  { readonly queue: QueueName; readonly payload: z.ZodType; readonly options: JobsOptions }
>;

export type JobName = keyof typeof jobs;
export type Payload<Name extends JobName> = z.infer<(typeof jobs)[Name]["payload"]>;

export function isJobName(name: string): name is JobName {
  return Object.hasOwn(jobs, name);
}

const firstDelayMs = 500;
const longestDelayMs = 30_000;

/**
 * How long to wait before try number `attemptsMade + 1`: doubling from half a second to half a minute, less up to a
 * half at random, so that many jobs that failed together do not come back together. Twelve tries outlast five minutes
 * of trouble; what takes longer is found again by the sweep.
 */
export function backoffMs(attemptsMade: number, random: () => number = Math.random): number {
  const full = Math.min(firstDelayMs * 2 ** Math.max(0, attemptsMade - 1), longestDelayMs);
  return Math.round(full * (1 - random() / 2));
}
