import { setTimeout as sleep } from "node:timers/promises";

import { ask } from "./http.ts";

export type StockWatch = {
  /** From now on this product has so many pieces, wherever they are counted. */
  readonly expect: (sku: string, pieces: number) => void;
  /** Looks once more, and answers everything that was wrong at any time. */
  readonly stop: () => Promise<{ readonly looks: number; readonly wrong: readonly string[] }>;
};

const everyMs = 50;

/** Looks at the stock all the time: `available + reserved + sold` of a product never changes, and none is below zero. */
export function watchStock(base: () => string, token: string): StockWatch {
  const pieces = new Map<string, number>();
  const wrong = new Set<string>();
  let looks = 0;
  let stopped = false;

  const look = async (): Promise<void> => {
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const known: ReadonlyMap<string, number> = new Map(pieces);
      const { status, body } = await ask(base(), "GET", `/admin/products?limit=100${query}`, { token });
      if (status !== 200) return;
      for (const { sku, available, reserved, sold } of body.products) {
        const expected = known.get(sku);
        if (expected === undefined) continue;
        const said = `${sku}: ${available} + ${reserved} + ${sold} of ${expected}`;
        if (available + reserved + sold !== expected || Math.min(available, reserved, sold) < 0) wrong.add(said);
      }
      cursor = body.nextCursor;
    } while (cursor !== null);
    looks += 1;
  };
  const watching = (async () => {
    while (!stopped) {
      // The api may be down right now, on purpose.
      await look().catch(() => undefined);
      await sleep(everyMs);
    }
  })();

  return {
    expect: (sku, count) => void pieces.set(sku, count),
    stop: async () => {
      stopped = true;
      await watching;
      await look().catch(() => undefined);
      return { looks, wrong: [...wrong] };
    },
  };
}
