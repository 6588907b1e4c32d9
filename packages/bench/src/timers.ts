import { type Producer, chooseBackend, createBell, openProducer } from "@zhanggui/queue";

import type { PlacedOrder } from "./shop.ts";

const recheckSeconds = 60;
const atOnce = 32;

export type Timers = {
  /** Gives each order the timer that placing it over HTTP would have given it. */
  readonly set: (orders: readonly PlacedOrder[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** The product's own bell, rung from here. */
export async function openTimers(databaseUrl: string, redisUrl: string | undefined): Promise<Timers> {
  const log = { info: () => undefined, warn: () => undefined };
  const backend = chooseBackend({ databaseUrl, redisUrl, forced: undefined });
  const producer: Producer = await openProducer(backend, log, () => performance.now());
  const bell = createBell(producer, { recheckSeconds });
  return {
    set: async (orders) => {
      let next = 0;
      const lane = async (): Promise<void> => {
        for (let order = orders[next++]; order !== undefined; order = orders[next++]) {
          await bell.expireAt(order.id, order.expiresAt);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, lane));
    },
    close: producer.close,
  };
}
