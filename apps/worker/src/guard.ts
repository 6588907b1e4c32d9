import { setTimeout as sleep } from "node:timers/promises";

import { type Engine, rebuildAfterBreak, rebuildQueues, sweep } from "@zhanggui/operations";
import { type Producer, ensureQueries, ensureSweep } from "@zhanggui/queue";

/** The producer's breaker has closed again so long after a failure. */
const settlingMs = 1_500;
/** How much later than the queue's own sweep the guard sweeps by itself. */
const patience = 1.5;
/** A sweep may wait for a slow gateway; it can be left at any point, and the next one goes on. */
const closeLimitMs = 1_000;

export type Guard = {
  /** The queue's connection came back: it gets every notice and every order's timer that it missed. */
  readonly queueCameBack: () => void;
  readonly close: () => Promise<void>;
};

/**
 * Keeps the sweep alive without trusting the queue: a plain timer in each worker process that puts the sweep back into
 * a queue that lost it, recreates everything else that an emptied queue should hold, and sweeps by itself when nobody
 * did for a while.
 */
export function startGuard(engine: Engine, producer: Producer, sweepSeconds: number): Guard {
  /** What the guard does, one thing after the other. */
  let doing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let settling: NodeJS.Timeout | undefined;
  let closed = false;

  const look = async (): Promise<void> => {
    try {
      if (await ensureSweep(producer, sweepSeconds)) {
        const rebuilt = await rebuildQueues(engine);
        engine.log.info(rebuilt, "the queue was empty: rebuilt from the database");
      }
      await ensureQueries(producer);
    } catch (error) {
      engine.log.warn({ err: error }, "the queue cannot be reached");
    }
    try {
      const swept = await sweep(engine, sweepSeconds * patience);
      if (swept !== undefined) engine.log.info(swept, "swept without the queue");
    } catch (error) {
      engine.log.error({ err: error }, "could not sweep");
    }
  };
  const catchUp = async (): Promise<void> => {
    try {
      await ensureSweep(producer, sweepSeconds);
      await ensureQueries(producer);
      const rebuilt = await rebuildAfterBreak(engine);
      if (rebuilt !== undefined) engine.log.info(rebuilt, "the queue came back: filled from the database");
    } catch (error) {
      engine.log.warn({ err: error }, "the queue came back, but could not be filled yet");
    }
  };

  const inTurn = (work: () => Promise<void>): Promise<void> => {
    doing = doing.then(() => (closed ? undefined : work()));
    return doing;
  };
  const lookForever = async (): Promise<void> => {
    await inTurn(look);
    if (!closed) timer = setTimeout(() => void lookForever(), sweepSeconds * 1000);
  };
  void lookForever();

  return {
    queueCameBack: () => {
      if (closed) return;
      clearTimeout(settling);
      settling = setTimeout(() => void inTurn(catchUp), settlingMs);
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      clearTimeout(settling);
      await Promise.race([doing, sleep(closeLimitMs)]);
    },
  };
}
