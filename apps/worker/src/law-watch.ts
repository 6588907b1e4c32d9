import { setTimeout as sleep } from "node:timers/promises";

import { type Engine, watchLaws } from "@zhanggui/operations";

/** How often each worker asks whether it is time; the pool's claim decides. */
const lookEveryMs = 30_000;
/** A check writes nothing that could be left half done; the next one goes on. */
const closeLimitMs = 1_000;

export type LawWatch = { readonly close: () => Promise<void> };

/** A timer of its own in each worker: a check of everything holds up neither the queue's sweep nor the guard. */
export function startLawWatch(engine: Engine): LawWatch {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const look = async (): Promise<void> => {
    try {
      const checked = await watchLaws(engine);
      const broken = checked.filter(({ holds }) => !holds).length;
      if (checked.length > 0) engine.log.info({ laws: checked.length, broken }, "the laws were checked");
    } catch (error) {
      if (!closed) engine.log.error({ err: error }, "the laws could not be checked");
    }
    if (closed) return;
    timer = setTimeout(() => {
      looking = look();
    }, lookEveryMs);
  };
  let looking = look();

  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await Promise.race([looking, sleep(closeLimitMs)]);
    },
  };
}
