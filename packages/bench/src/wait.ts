import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 100;

/** Waits until the question is answered with 0; answers false when it is not within the limit. */
export async function untilZero(ask: () => Promise<number>, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while ((await ask()) !== 0) {
    if (performance.now() >= deadline) return false;
    await sleep(pollMs);
  }
  return true;
}
