import { expect, test } from "vitest";

import { cancelReport } from "../src/ops/cancel-report.ts";

const order = { number: "20261122A", amount: "39.80", createdAt: new Date("2026-11-22T15:00:00.123Z") };
const request = { minutes: 30, limit: 500, dryRun: false };

test("each order is a line, and the totals come last", () => {
  const report = cancelReport(
    [
      { ...order, outcome: "cancelled" },
      { ...order, amount: "1280.00", outcome: "waits_for_gateway", detail: "gateway_unreachable" },
    ],
    request,
  );

  expect(report.split("\n")).toEqual([
    "order      amount   created               outcome",
    "20261122A  39.80    2026-11-22T15:00:00Z  cancelled",
    "20261122A  1280.00  2026-11-22T15:00:00Z  waiting for gateway (gateway_unreachable)",
    "",
    "Unpaid for at least 30 min — found 2, cancelled 1, paid meanwhile 0, waiting for gateway 1, errors 0.",
  ]);
});

test("a reached limit is said", () => {
  const report = cancelReport([{ ...order, outcome: "cancelled" }], { ...request, limit: 1 });

  expect(report).toContain("The limit of 1 was reached: there may be more.");
});
