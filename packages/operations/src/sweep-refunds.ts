import { isDatabaseUnavailable, refunds } from "@zhanggui/db";

import type { Engine } from "./engine.ts";
import { sendRefund } from "./send-refund.ts";

const refundsASweep = 500;
/** Without a queue: fewer, because each may wait for two calls, and some at the same time. */
const refundsHere = 50;
const refundsAtOnce = 10;

/**
 * Has every refund asked about whose gateway is to be asked now: those whose job was lost, and those whose outcome is not
 * known yet. Answers how many.
 */
export async function sweepRefunds(engine: Engine): Promise<number> {
  const due = await refunds.due(engine.db, refundsASweep);
  if (due.length === 0) return 0;
  try {
    await engine.wake.resendRefunds(due);
    return due.length;
  } catch (error) {
    engine.log.warn({ err: error }, "no queue: asking about refunds here");
    return sendHere(engine, due.slice(0, refundsHere));
  }
}

async function sendHere(engine: Engine, due: readonly string[]): Promise<number> {
  for (let at = 0; at < due.length; at += refundsAtOnce) {
    await Promise.all(due.slice(at, at + refundsAtOnce).map((refundId) => send(engine, refundId)));
  }
  return due.length;
}

/** One refund that fails must not keep the others from their turn; a database that is gone ends the sweep. */
async function send(engine: Engine, refundId: string): Promise<void> {
  try {
    await sendRefund(engine, refundId);
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error;
    engine.log.error({ refundId, err: error }, "the sweep could not ask about this refund");
  }
}
