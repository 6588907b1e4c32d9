import { expect, test } from "vitest";

import { ladderSeconds } from "../src/vendors/stripe/ladder.ts";

test("the ladder doubles from a minute and stays within three days", () => {
  const seconds = ladderSeconds.reduce((sum, each) => sum + each, 0);

  expect(ladderSeconds.slice(0, 3)).toEqual([60, 120, 240]);
  expect(seconds).toBeLessThanOrEqual(3 * 24 * 60 * 60);
  expect(seconds * 2).toBeGreaterThan(3 * 24 * 60 * 60);
});
