import { type Rate, connections, rateOf, runLoad, warmUpOf } from "../load/load.ts";
import { callbackRequests, transactionIdOf } from "../load/requests.ts";
import { type Spread, perSecond, spreadOf } from "../percentiles.ts";
import { placeInBulk, provider } from "../shop.ts";
import { untilZero } from "../wait.ts";
import type { Subject } from "./measure.ts";

const ok = 200;
const settlementLimitMs = 120_000;
const longAfterMs = 3_600_000;

export type CallbackMeasure = {
  readonly acknowledged: Rate;
  /** From the first callback sent to the last one settled. */
  readonly settledPerSecond: number;
  /** From a notice's commit to its settlement's. */
  readonly settledAfterMs: Spread;
  /** All that were sent, also to warm up. */
  readonly sent: number;
};

/** A success for each pending order: how fast it is acknowledged, and how fast it is settled. */
export async function measureCallbacks(subject: Subject, count: number): Promise<CallbackMeasure> {
  const { system, pool } = subject;
  const { origin } = system;
  const warmUp = warmUpOf(count);
  const tradeNumbers = await pendingTradeNumbers(subject, warmUp + count);

  const early = callbackRequests(tradeNumbers.slice(0, warmUp), new Date());
  rateOf(await runLoad({ origin, connections, requests: early }), ok);
  await untilSettled(subject);

  const measured = tradeNumbers.slice(warmUp);
  const result = await runLoad({ origin, connections, requests: callbackRequests(measured, new Date()) });
  await untilSettled(subject);
  const { rows } = await pool.query<{ last_ms: string; after_ms: number[] }>(
    `select extract(epoch from max(settled_at)) * 1000 as last_ms,
            array_agg((extract(epoch from settled_at - received_at) * 1000)::float8) as after_ms
     from callbacks where provider = $1 and transaction_id = any ($2)`,
    [provider, measured.map(transactionIdOf)],
  );
  const [settled] = rows;
  if (settled === undefined) throw new Error("no callback was settled");
  return {
    acknowledged: rateOf(result, ok),
    settledPerSecond: perSecond(count, Number(settled.last_ms) - result.startedAtMs),
    settledAfterMs: spreadOf(settled.after_ms),
    sent: warmUp + count,
  };
}

/** What was placed over HTTP, and as many more as are needed, each with its timer. */
async function pendingTradeNumbers({ pool, timers }: Subject, wanted: number): Promise<readonly string[]> {
  const pending =
    "select out_trade_no from payments join orders on orders.id = order_id where orders.status = 'pending'";
  const { rowCount } = await pool.query(pending);
  const missing = wanted - (rowCount ?? 0);
  if (missing > 0) {
    const firstDeadline = new Date(Date.now() + longAfterMs);
    await timers.set(await placeInBulk(pool, { tag: "c", count: missing, firstDeadline, spreadMs: 0 }));
  }
  const { rows } = await pool.query<{ out_trade_no: string }>(`${pending} order by orders.id limit $1`, [wanted]);
  return rows.map(({ out_trade_no }) => out_trade_no);
}

async function untilSettled({ pool }: Subject): Promise<void> {
  const waiting = async () => {
    const { rows } = await pool.query<{ n: number }>(
      "select count(*)::int as n from callbacks where state = 'received'",
    );
    return rows[0]?.n ?? 0;
  };
  if (!(await untilZero(waiting, settlementLimitMs))) throw new Error("callbacks were not settled in time");
}
