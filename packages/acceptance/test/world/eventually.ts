import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 40;

/** Asks again and again until `check` no longer throws; its last complaint is the failure. */
export async function eventually<Result>(check: () => Promise<Result>, withinMs = 10_000): Promise<Result> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
      await sleep(pollMs);
    }
  }
}
