import { setTimeout as sleep } from "node:timers/promises";

import { type AlertSettings, type Engine, sendAlerts, watchAlerts } from "@zhanggui/operations";

/** Messages that wait are looked for this often; the rows are looked at by one worker of the pool, less often. */
const everyMs = 5_000;
/** A receiver may be slow; what is left is sent by another worker, or after the next start. */
const closeLimitMs = 1_000;

export type AlertWatch = { readonly close: () => Promise<void> };

/** Finds and sends alerts by a plain timer: a queue that is down is among what they tell of. */
export function startAlertWatch(engine: Engine, settings: AlertSettings): AlertWatch {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const look = async (): Promise<void> => {
    try {
      await watchAlerts(engine, settings);
      await sendAlerts(engine, settings);
    } catch (error) {
      engine.log.error({ err: error }, "alerts could not be looked after");
    }
  };
  const lookForever = async (): Promise<void> => {
    await look();
    if (closed) return;
    timer = setTimeout(() => {
      doing = lookForever();
    }, everyMs);
  };
  let doing = lookForever();

  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await Promise.race([doing, sleep(closeLimitMs)]);
    },
  };
}
