import { describe, expect, test } from "vitest";

import { firstQueryInSeconds, followUpInSeconds, pollInSeconds } from "../src/query-ladder.ts";

const never = () => 0;
const always = () => 0.999;

describe("an open attempt is asked about", () => {
  test("after 10 s, 30 s, 1, 2, 5 and 10 minutes, and then every 10 minutes", () => {
    const waits: number[] = [firstQueryInSeconds];
    let ageSeconds: number = firstQueryInSeconds;
    for (let query = 0; query < 7; query += 1) {
      const wait = pollInSeconds({ ageSeconds, isSilent: false }, never);
      waits.push(wait);
      ageSeconds += wait;
    }

    expect(waits).toEqual([10, 30, 60, 120, 300, 600, 600, 600]);
  });

  test("a little later at random, and never sooner than its step", () => {
    for (const ageSeconds of [0, 11, 50, 120, 400, 2_000]) {
      const step = pollInSeconds({ ageSeconds, isSilent: false }, never);
      const latest = pollInSeconds({ ageSeconds, isSilent: false }, always);

      expect(latest).toBeGreaterThan(step);
      expect(latest).toBeLessThan(step * 1.2);
    }
  });

  test("three times as often while its provider is silent, and not every moment", () => {
    expect(pollInSeconds({ ageSeconds: 2_000, isSilent: true }, never)).toBe(200);
    expect(pollInSeconds({ ageSeconds: 0, isSilent: true }, never)).toBe(5);
  });
});

test("an attempt that was left open is asked about a minute, ten minutes, an hour and a day after its end", () => {
  const times: number[] = [];
  let endedSeconds = 0;
  for (let wait = followUpInSeconds(endedSeconds); wait !== undefined; wait = followUpInSeconds(endedSeconds)) {
    endedSeconds += wait;
    times.push(endedSeconds);
  }

  expect(times).toEqual([60, 600, 3_600, 86_400]);
});
