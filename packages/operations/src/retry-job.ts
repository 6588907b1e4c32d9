import { audit, callbacks, transact } from "@zhanggui/db";

import type { Engine } from "./engine.ts";

export type RetryJob = {
  readonly queue: string;
  readonly jobId: string;
  /** The notice that the job settles, if it is one of those. */
  readonly callbackId: string | undefined;
  readonly actor: string;
  readonly reason: string | undefined;
};

/**
 * Writes down that an operator takes up a failed job again, before the queue is asked; a notice that was marked failed
 * waits again, or its job would find nothing to do.
 */
export async function auditJobRetry(
  { db }: Engine,
  { queue, jobId, callbackId, actor, reason }: RetryJob,
): Promise<void> {
  await transact(db, async (tx) => {
    if (callbackId !== undefined) await callbacks.rearm(tx, [callbackId], ["failed", "parked"]);
    await audit.write(tx, [{ actor, action: "job.retry", entity: "job", entityId: `${queue}/${jobId}`, reason }]);
  });
}
