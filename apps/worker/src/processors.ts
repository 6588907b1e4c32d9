import { setTimeout as sleep } from "node:timers/promises";

import { type Engine, expireOrder, queryPayments, sendRefund, settleOrNote, sweep } from "@zhanggui/operations";
import { type JobContext, PoisonedJob, type Processors } from "@zhanggui/queue";

import { asJobError } from "./retries.ts";

/** The outcome of a round that found nothing: too common to be told. */
export const nothingToDo = "nothing to do";

/** One processor for each job. They only call operations: what is true is in Postgres. */
export function buildProcessors(engine: Engine, sweepSeconds: number): Processors {
  return {
    "settle-callback": ({ callbackId }, context) => settle(engine, callbackId, context),
    "expire-order": ({ orderId }) => expire(engine, orderId),
    "send-refund": ({ refundId }) => send(engine, refundId),
    "query-payments": async () => {
      const { asked } = await queryPayments(engine);
      return asked === 0 ? nothingToDo : `${asked} asked about`;
    },
    sweep: async () => (await sweep(engine, sweepSeconds / 2)) ?? "another worker swept",
  };
}

/** A timer rings by this host's clock, an order is due by the database's: a small difference is waited for. */
const longestClockDifferenceMs = 5_000;

async function expire(engine: Engine, orderId: string): Promise<string> {
  const expiry = await expireOrder(engine, { orderId });
  if (expiry.kind !== "not_due" || expiry.dueInMs > longestClockDifferenceMs) return expiry.kind;
  await sleep(Math.max(0, expiry.dueInMs));
  return (await expireOrder(engine, { orderId })).kind;
}

async function settle(engine: Engine, callbackId: string, { isLast }: JobContext): Promise<string> {
  try {
    return await settleOrNote(engine, callbackId, (error) => isLast || asJobError(error) instanceof PoisonedJob);
  } catch (error) {
    throw asJobError(error);
  }
}

async function send(engine: Engine, refundId: string): Promise<string> {
  try {
    return await sendRefund(engine, refundId);
  } catch (error) {
    throw asJobError(error);
  }
}
