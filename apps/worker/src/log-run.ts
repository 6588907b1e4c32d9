import type { JobRun } from "@zhanggui/queue";
import type { Logger } from "@zhanggui/runtime";

/** Outcomes that the specification wants as warnings: money that did not go where it was expected. */
const remarkable: ReadonlySet<unknown> = new Set([
  "late_payment",
  "surplus_payment",
  "amount_mismatch",
  "unmatched_payment",
  "unknown_status",
  "refund_unknown",
  "repeat",
  "outranked",
  "revived",
]);

/** One line for each run of a job. */
export function logRun(log: Logger, { queue, name, jobId, attempt, durationMs, outcome, error }: JobRun): void {
  const facts = { queue, job: name, jobId, attempt, ms: Math.round(durationMs * 10) / 10 };
  if (error !== undefined) log.error({ ...facts, err: error }, "job failed");
  else if (remarkable.has(outcome)) log.warn({ ...facts, outcome }, "job done");
  else log.info({ ...facts, outcome }, "job done");
}
