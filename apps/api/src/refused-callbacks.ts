import { type Db, refusedCallbacks } from "@zhanggui/db";
import type { Engine } from "@zhanggui/operations";

/** Refusals within this become one statement, however many somebody sends. */
const gatherMs = 2_000;

export type RefusalCounter = {
  /** Counts a callback that did not prove whose it is. Only of a provider that exists: nothing else bounds the counts. */
  readonly count: (provider: string) => void;
  /** Writes what is not written yet. */
  readonly close: () => Promise<void>;
};

/** Gathers refusals in memory, so that nobody waits for the database and nobody can make it write at will. */
export function createRefusalCounter(db: Db, log: Engine["log"]): RefusalCounter {
  let counts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const add = (provider: string, refused: number): void => {
    counts.set(provider, (counts.get(provider) ?? 0) + refused);
  };
  const write = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const gathered = counts;
    counts = new Map();
    try {
      await refusedCallbacks.add(db, gathered);
    } catch (error) {
      log.warn({ err: error }, "refused callbacks were not counted yet");
      for (const [provider, refused] of gathered) add(provider, refused);
    }
  };

  return {
    count: (provider) => {
      add(provider, 1);
      timer ??= setTimeout(() => void write(), gatherMs);
    },
    close: write,
  };
}
