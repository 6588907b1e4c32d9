import { setTimeout as sleep } from "node:timers/promises";

import { type Engine, planReconciliations, reconcileDue } from "@zhanggui/operations";

/** How often each worker looks for a day that is to be reconciled. */
const everyMs = 15_000;
/** Days that one look carries out; the next one goes on. */
const maximumALook = 20;
/** A day may take minutes; it can be left at any point, and another worker begins it anew. */
const closeLimitMs = 1_000;

export type Reconciling = { readonly close: () => Promise<void> };

/**
 * Plans the daily reconciliations and carries out those that are due, one after the other. A timer of its own beside the
 * queue: a day of a million lines must hold up no other duty, and what is due stands in Postgres.
 */
export function startReconciling(engine: Engine): Reconciling {
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let doing: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    try {
      await planReconciliations(engine);
      for (let count = 0; count < maximumALook && !closed; count += 1) {
        if ((await reconcileDue(engine)) === undefined) break;
      }
    } catch (error) {
      engine.log.error({ err: error }, "could not reconcile");
    }
    if (!closed) timer = setTimeout(start, everyMs);
  };
  const start = (): void => {
    doing = look();
  };
  start();

  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await Promise.race([doing, sleep(closeLimitMs)]);
    },
  };
}
