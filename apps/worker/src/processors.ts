import { type Engine, expireOrder, settleOrNote, sweep } from "@zhanggui/operations";
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

async function settle(engine: Engine, callbackId: string, { isLast }: JobContext): Promise<string> {
  try {
    return await settleOrNote(engine, callbackId, (error) => isLast || asJobError(error) instanceof PoisonedJob);
  } catch (error) {
    throw asJobError(error);
  }
}
