import { expect, test } from "vitest";

import { backoffMs } from "../src/jobs.ts";
import { createBreaker, within } from "../src/limit.ts";
import { timed } from "./support/bench.ts";

/** A breaker on a clock that the test moves. */
function breakerAt() {
  const clock = { ms: 0 };
  const breaker = createBreaker(() => clock.ms);
  const fail = (afterMs: number) =>
    breaker(async () => {
      clock.ms += afterMs;
      throw new Error("down");
    });
  return { clock, breaker, fail };
}

test("work that takes too long is given up", async () => {
  const { ms, error } = await timed(within(new Promise(() => undefined), 50));

  expect(error).toEqual(new Error("the queue did not answer within 50 ms"));
  expect(ms).toBeLessThan(200);
});

test("after a slow failure all calls are refused at once", async () => {
  const { breaker, fail } = breakerAt();
  await expect(fail(1_000)).rejects.toThrow("down");

  await expect(breaker(async () => "fine")).rejects.toThrow("the queue failed a moment ago");
});

test("a failure that came at once refuses nobody", async () => {
  const { breaker, fail } = breakerAt();
  await expect(fail(3)).rejects.toThrow("down");

  await expect(breaker(async () => "fine")).resolves.toBe("fine");
});

test("after the rest one caller looks, and nobody else waits", async () => {
  const { clock, breaker, fail } = breakerAt();
  await expect(fail(1_000)).rejects.toThrow("down");
  clock.ms += 1_000;
  let answer: (word: string) => void = () => undefined;

  const looking = breaker(() => new Promise<string>((resolve) => (answer = resolve)));
  await expect(breaker(async () => "fine")).rejects.toThrow("the queue failed a moment ago");
  answer("there");

  await expect(looking).resolves.toBe("there");
  await expect(breaker(async () => "fine")).resolves.toBe("fine");
});

test("tries come later and later, up to half a minute, and never all together", () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 8, 12, 100].map((made) => backoffMs(made, () => 0));

  expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  expect(backoffMs(3, () => 0.999)).toBe(1_001);
});

test("twelve tries last for more than a minute of trouble even by the shortest waits", () => {
  const waits = Array.from({ length: 11 }, (_, n) => backoffMs(n + 1, () => 1));

  expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(60_000);
});
