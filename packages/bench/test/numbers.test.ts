import { expect, test } from "vitest";

import { rateOf, warmUpOf } from "../src/load/load.ts";
import { readOptions } from "../src/options.ts";
import { perSecond, spreadOf } from "../src/percentiles.ts";

const result = { startedAtMs: 0, durationMs: 500, latenciesMs: [4, 1, 3, 2], statuses: { 200: 4 } };

test("an answer that is not the wanted one spoils the measurement", () => {
  expect(() => rateOf({ ...result, statuses: { 200: 3, 503: 1 } }, 200)).toThrow("1 × 503");
  expect(rateOf(result, 200)).toEqual({ perSecond: 8, latencyMs: { p50: 2, p99: 4, max: 4 } });
});

test("percentiles are values that were measured", () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);

  expect(spreadOf(values)).toEqual({ p50: 50, p99: 99, max: 100 });
});

test("rates are per second", () => {
  expect(perSecond(5_000, 2_500)).toBe(2_000);
});

test("a tenth goes ahead to warm up, and never more than 500", () => {
  expect(warmUpOf(200)).toBe(20);
  expect(warmUpOf(1_000_000)).toBe(500);
});

test("sizes that are named win over those of --quick", () => {
  expect(readOptions(["--quick", "--orders", "7"])).toMatchObject({ orders: 7, callbacks: 200, quick: true });
  expect(readOptions([])).toMatchObject({ orders: 2_000, callbacks: 5_000, expiring: 5_000, backend: "both" });
});
