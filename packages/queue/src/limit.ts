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

/** After a failure nobody waits for the queue for so long: callers fail at once, and the sweep finds their work. */
const restMs = 1_000;

/** Lets calls through until one fails, then refuses them for a moment. */
export function createBreaker(now: () => number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let closedUntil = 0;
  return async (work) => {
    if (now() < closedUntil) throw new Error("the queue failed a moment ago");
    try {
      return await work();
    } catch (error) {
      closedUntil = now() + restMs;
      throw error;
    }
  };
}
