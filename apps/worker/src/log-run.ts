import type { JobRun } from "@zhanggui/queue";
import type { Logger } from "@zhanggui/runtime";

import { nothingToDo } from "./processors.ts";

/** Outcomes that the specification wants as warnings: money that did not go where it was expected. */
const remarkable: ReadonlySet<unknown> = new Set([
  "late_payment",
  "surplus_payment",
  "amount_mismatch",
  "unmatched_payment",
  "unknown_status",
  "refund_unknown",
  "late_payment_refund",
  "surplus_payment_refund",
  "refund_failed",
  "refund_abnormal",
  "unknown",
  "failed",
  "abnormal",
  "repeat",
  "outranked",
  "revived",
]);

/** One line for each run of a job. */
export function logRun(log: Logger, { queue, name, jobId, attempt, durationMs, outcome, error }: JobRun): void {
  const facts = { queue, job: name, jobId, attempt, ms: Math.round(durationMs * 10) / 10 };
  if (error !== undefined) log.error({ ...facts, err: error }, "job failed");
  else if (outcome === nothingToDo) log.debug({ ...facts, outcome }, "job done");
  else if (remarkable.has(outcome)) log.warn({ ...facts, outcome }, "job done");
  else log.info({ ...facts, outcome }, "job done");
}
