import { callbacks } from "@zhanggui/db";
import { type Engine, expireOrder, settleCallback, sweep } from "@zhanggui/operations";
import { type JobContext, PoisonedJob, type Processors } from "@zhanggui/queue";

import { asJobError } from "./retries.ts";

/** One processor for each job. They only call operations: what is true is in Postgres. */
export function buildProcessors(engine: Engine, sweepSeconds: number): Processors {
  return {
    "settle-callback": ({ callbackId }, context) => settle(engine, callbackId, context),
    "expire-order": async ({ orderId }) => (await expireOrder(engine, { orderId })).kind,
    sweep: async () => (await sweep(engine, sweepSeconds / 2)) ?? "another worker swept",
  };
}

/** Keeps in the inbox why settling failed, and marks the notice failed when its job will not come back. */
async function settle(engine: Engine, callbackId: string, { isLast }: JobContext): Promise<string> {
  try {
    return await settleCallback(engine, callbackId);
  } catch (error) {
    const jobError = asJobError(error);
    const final = isLast || jobError instanceof PoisonedJob;
    await callbacks.fail(engine.db, callbackId, { error: describe(error), final });
    throw jobError;
  }
}

const longestDescription = 500;

function describe(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, longestDescription);
}
