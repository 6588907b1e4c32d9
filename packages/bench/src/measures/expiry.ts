import { setTimeout as sleep } from "node:timers/promises";

import { type Spread, perSecond, spreadOf } from "../percentiles.ts";
import { type PlacedOrder, placeInBulk } from "../shop.ts";
import { untilZero } from "../wait.ts";
import type { Subject } from "./measure.ts";

const second = 1_000;
const expiryLimitMs = 180_000;
/** The deadline must lie behind the setting of the last timer: how long that takes is tried out with so many. */
const probes = 64;
const longAfterMs = 3_600_000;
const caution = 1.5;
const marginMs = 1_500;
const tries = 3;

export type ExpiryMeasure = {
  /** Of the cancellation behind the deadline. */
  readonly lagMs: Spread;
  /** From the first deadline to the last cancellation. */
  readonly expiredPerSecond: number;
  /** All that were expired, also in tries that did not count. */
  readonly expired: number;
};

/** Orders that are all due within one second, each with its timer: how late they are cancelled. */
export async function measureExpiry(subject: Subject, count: number): Promise<ExpiryMeasure> {
  let allowanceMs = marginMs + caution * count * (await timeOneTimer(subject));
  for (let tried = 1; tried <= tries; tried += 1, allowanceMs *= 2) {
    const firstDeadline = new Date(Date.now() + allowanceMs);
    const placed = await placeInBulk(subject.pool, { tag: `e${tried}`, count, firstDeadline, spreadMs: second });
    await subject.timers.set(placed);
    const leftMs = firstDeadline.getTime() - Date.now();

    await sleep(Math.max(0, leftMs) + second);
    await untilExpired(subject);
    // Orders that were due before they had a timer say nothing about timers.
    if (leftMs > 0) return { ...(await readLags(subject, placed, firstDeadline)), expired: tried * count };
  }
  throw new Error("timers are set too slowly here: orders were due before they had one");
}

async function timeOneTimer({ pool, timers }: Subject): Promise<number> {
  const firstDeadline = new Date(Date.now() + longAfterMs);
  const placed = await placeInBulk(pool, { tag: "probe", count: probes, firstDeadline, spreadMs: 0 });
  const startedAt = performance.now();
  await timers.set(placed);
  return (performance.now() - startedAt) / probes;
}

async function untilExpired({ pool }: Subject): Promise<void> {
  const pending = async () => {
    const { rows } = await pool.query<{ n: number }>(
      "select count(*)::int as n from orders where status = 'pending' and expires_at <= now()",
    );
    return rows[0]?.n ?? 0;
  };
  if (!(await untilZero(pending, expiryLimitMs))) throw new Error("orders were not expired in time");
}

async function readLags({ pool }: Subject, placed: readonly PlacedOrder[], firstDeadline: Date) {
  const { rows } = await pool.query<{ lags: number[]; last_ms: string }>(
    `select array_agg((extract(epoch from cancelled_at - expires_at) * 1000)::float8) as lags,
            extract(epoch from max(cancelled_at)) * 1000 as last_ms
     from orders where id = any ($1)`,
    [placed.map(({ id }) => id)],
  );
  const [expired] = rows;
  if (expired === undefined) throw new Error("no order was expired");
  return {
    lagMs: spreadOf(expired.lags),
    expiredPerSecond: perSecond(placed.length, Number(expired.last_ms) - firstDeadline.getTime()),
  };
}
