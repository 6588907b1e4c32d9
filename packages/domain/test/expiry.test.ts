import fc from "fast-check";
import { expect, test } from "vitest";
import { gatewayDeadline } from "../src/index.ts";

const now = new Date("2026-11-22T08:00:00Z");
const after = (ms: number) => new Date(now.getTime() + ms);

test("a gateway stops a minute before an order of thirty minutes ends", () => {
  expect(gatewayDeadline(now, after(1_800_000))).toEqual(after(1_740_000));
});

test("a gateway stops a tenth of what is left before an order that ends soon", () => {
  expect(gatewayDeadline(now, after(10_000))).toEqual(after(9_000));
});

test("an order whose deadline has passed is not given a moment more", () => {
  expect(gatewayDeadline(now, after(-5_000))).toEqual(after(-5_000));
});

test("a gateway never stops after the order does, nor before now while there is time left", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 * 86_400_000 }), (leftMs) => {
      const deadline = gatewayDeadline(now, after(leftMs)).getTime();

      expect(deadline).toBeLessThanOrEqual(now.getTime() + leftMs);
      expect(deadline).toBeGreaterThanOrEqual(now.getTime());
      expect(now.getTime() + leftMs - deadline).toBeLessThanOrEqual(60_000);
    }),
  );
});
