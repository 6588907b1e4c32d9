import { callbacks, duties, orders, refunds } from "@zhanggui/db";

import type { Engine } from "./engine.ts";

const ordersAPage = 500;
const noticesAPage = 500;
/** A million of each; more than that is left to the sweep. */
const maximumPages = 2_000;
/** Those whose gateway is to be asked now; the sweep rings for the others in their time. */
const refundsAtMost = 5_000;
const schedulersAtOnce = 20;

export type Rebuilt = { readonly timers: number; readonly notices: number; readonly refunds: number };

/**
 * Recreates from Postgres everything the queue should hold: a timer for each pending order, a job for each notice that
 * waits and each refund to be asked about. What is there already stays as it is. Rejects when the queue cannot be reached.
 */
export async function rebuildQueues(engine: Engine): Promise<Rebuilt> {
  return {
    timers: await rebuildTimers(engine),
    notices: await rebuildNotices(engine),
    refunds: await rebuildRefunds(engine),
  };
}

/** After a break each worker of the pool comes with this wish; one of them does it. */
const breakSeconds = 10;

/** The same after the queue was away for a while, done by one worker of the pool: `undefined` for the others. */
export async function rebuildAfterBreak(engine: Engine): Promise<Rebuilt | undefined> {
  return (await duties.claim(engine.db, "rebuild", breakSeconds)) ? rebuildQueues(engine) : undefined;
}

async function rebuildTimers({ db, wake }: Engine): Promise<number> {
  let timers = 0;
  let cursor: string | undefined;
  for (let page = 0; page < maximumPages; page += 1) {
    const pending = await orders.pendingPage(db, { cursor, limit: ordersAPage });
    for (let at = 0; at < pending.length; at += schedulersAtOnce) {
      const some = pending.slice(at, at + schedulersAtOnce);
      await Promise.all(some.map(({ id, expires_at }) => wake.expireAt(id, expires_at)));
    }
    timers += pending.length;
    cursor = pending.at(-1)?.id;
    if (pending.length < ordersAPage) break;
  }
  return timers;
}

async function rebuildNotices({ db, wake }: Engine): Promise<number> {
  let notices = 0;
  let after: string | undefined;
  for (let page = 0; page < maximumPages; page += 1) {
    const found = await callbacks.unsettled(db, { ageSeconds: 0, limit: noticesAPage, after });
    if (found.length > 0) {
      await wake.resettle(found.map(({ id, provider, event_key }) => ({ id, provider, eventKey: event_key })));
    }
    notices += found.length;
    after = found.at(-1)?.id;
    if (found.length < noticesAPage) break;
  }
  return notices;
}

async function rebuildRefunds({ db, wake }: Engine): Promise<number> {
  const due = await refunds.due(db, refundsAtMost);
  if (due.length > 0) await wake.resendRefunds(due);
  return due.length;
}
