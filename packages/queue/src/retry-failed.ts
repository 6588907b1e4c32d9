import type { Job } from "bullmq";

/** BullMQ's codes of a job that is gone, and of one that is not failed (any more). */
const goneCode = -1;
const notFailedCode = -3;

export type RetryAnswer = "retried" | "not_found" | "not_failed";

/** Takes up a failed job again, with all its tries. Atomic: of several callers at once exactly one gets "retried". */
export async function retryFailed(job: Job): Promise<RetryAnswer> {
  try {
    await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
    return "retried";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === goneCode) return "not_found";
    if (code === notFailedCode) return "not_failed";
    throw error;
  }
}
