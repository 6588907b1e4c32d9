/** Rejects when `work` takes longer than `limitMs`. The work itself may still succeed: only idempotent work goes here. */
export async function within<Result>(work: Promise<Result>, limitMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the queue did not answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** The same for work whose failure or lateness is nobody's trouble: says whether it ended in time. */
export async function endsWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  try {
    await within(work, limitMs);
    return true;
  } catch {
    return false;
  }
}

/** A refusal that came at once has cost nobody anything; one that was waited for must not be waited for again. */
const slowMs = 200;
/** After a slow failure nobody waits for the queue for so long; then one caller tries, and the others follow it. */
const restMs = 1_000;

/**
 * Lets calls through until one fails slowly. Then one call in each rest is let through to look, until one succeeds; all
 * others are refused at once, so that a hung queue delays one caller a second and never piles up hundreds of them.
 */
export function createBreaker(now: () => number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let restsUntil: number | undefined;
  return async (work) => {
    const startedAt = now();
    if (restsUntil !== undefined) {
      if (startedAt < restsUntil) throw new Error("the queue failed a moment ago");
      restsUntil = startedAt + restMs;
    }
    try {
      const result = await work();
      restsUntil = undefined;
      return result;
    } catch (error) {
      if (now() - startedAt >= slowMs) restsUntil = now() + restMs;
      throw error;
    }
  };
}
