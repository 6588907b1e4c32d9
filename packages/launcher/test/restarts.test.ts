import { expect, test } from "vitest";

import { createRestartLimit } from "../src/children/restarts.ts";

test("ten restarts within a minute are allowed, the eleventh is not", () => {
  const limit = createRestartLimit(() => 0);

  const answers = Array.from({ length: 11 }, () => limit.allows());

  expect(answers).toEqual([...Array.from({ length: 10 }, () => true), false]);
});

test("what happened over a minute ago is forgotten", () => {
  let time = 0;
  const limit = createRestartLimit(() => time);
  for (let restart = 0; restart < 11; restart += 1) limit.allows();

  time = 60_000;

  expect(limit.allows()).toBe(true);
});
