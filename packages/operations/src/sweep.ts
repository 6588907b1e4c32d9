import { callbacks, duties, idempotency, isDatabaseUnavailable, orders } from "@zhanggui/db";

import type { Engine } from "./engine.ts";
import { expireOrder } from "./expire-order.ts";
import { queryPayments } from "./query-payments.ts";
import { sealAudit, tellAuditHead } from "./seal-audit.ts";
import { settleOrNote } from "./settle-or-note.ts";
import { sweepRefunds } from "./sweep-refunds.ts";

/** A notice younger than this is most likely being settled right now. */
const unsettledAgeSeconds = 5;
/** An order this far past its deadline was missed by its timer. */
const overdueSeconds = 2;
const noticesABatch = 500;
const maximumBatches = 20;
const ordersASweep = 500;
/** Tries of a notice that is settled here, without a queue that counts them. */
const triesHere = 12;
/** Orders whose gateways are asked at the same time: one that does not answer must not hold up the others. */
const ordersAtOnce = 10;
const idempotencyKeyDays = 7;
const keysForgottenASweep = 5_000;

export type Swept = {
  readonly rearmed: number;
  readonly settledHere: number;
  readonly expired: number;
  readonly asked: number;
  readonly refunds: number;
};

/**
 * Finds in Postgres what the queue missed: acknowledged notices without an outcome go back to the queue, or are settled
 * here when there is none; orders past their deadline are expired, and gateways asked about payments and refunds whose
 * query is due. One worker of the pool does it at a time.
 *
 * @returns `undefined` when another worker swept within the last `everySeconds`.
 */
export async function sweep(engine: Engine, everySeconds: number): Promise<Swept | undefined> {
  if (!(await duties.claim(engine.db, "sweep", everySeconds))) return undefined;
  const { rearmed, settledHere } = await sweepNotices(engine);
  const expired = await sweepOrders(engine);
  await idempotency.forget(engine.db, { days: idempotencyKeyDays, limit: keysForgottenASweep });
  const refunds = await sweepRefunds(engine);
  await attempt(engine, { duty: "seal the audit" }, () => sealAudit(engine));
  await tellAuditHead(engine);
  const { asked } = await queryPayments(engine);
  return { rearmed, settledHere, expired, asked, refunds };
}

async function sweepNotices(engine: Engine): Promise<{ readonly rearmed: number; readonly settledHere: number }> {
  let rearmed = 0;
  let after: string | undefined;
  for (let batch = 0; batch < maximumBatches; batch += 1) {
    const found = await callbacks.unsettled(engine.db, {
      ageSeconds: unsettledAgeSeconds,
      limit: noticesABatch,
      after,
    });
    if (found.length === 0) break;
    try {
      await engine.wake.resettle(found.map(({ id, provider, event_key }) => ({ id, provider, eventKey: event_key })));
    } catch (error) {
      engine.log.warn({ err: error }, "no queue: settling here");
      return { rearmed, settledHere: await settleHere(engine, found) };
    }
    rearmed += found.length;
    after = found.at(-1)?.id;
  }
  return { rearmed, settledHere: 0 };
}

async function settleHere(
  engine: Engine,
  found: readonly { readonly id: string; readonly attempts: number }[],
): Promise<number> {
  let settled = 0;
  for (const { id, attempts } of found) {
    const isLast = attempts + 1 >= triesHere;
    settled += await attempt(engine, { callbackId: id }, () => settleOrNote(engine, id, () => isLast));
  }
  return settled;
}

async function sweepOrders(engine: Engine): Promise<number> {
  let expired = 0;
  const due = await orders.due(engine.db, { graceSeconds: overdueSeconds, limit: ordersASweep });
  for (let at = 0; at < due.length; at += ordersAtOnce) {
    const some = due
      .slice(at, at + ordersAtOnce)
      .map((orderId) =>
        attempt(engine, { orderId }, async () => (await expireOrder(engine, { orderId })).kind === "expired"),
      );
    expired += (await Promise.all(some)).reduce((sum, one) => sum + one, 0);
  }
  return expired;
}

/** One row that fails must not keep the others from their turn; a database that is gone ends the sweep. */
async function attempt(engine: Engine, facts: object, work: () => Promise<unknown>): Promise<number> {
  try {
    return (await work()) === false ? 0 : 1;
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error;
    engine.log.error({ ...facts, err: error }, "the sweep could not do this one");
    return 0;
  }
}
