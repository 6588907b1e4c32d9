import { expect, test } from "vitest";

import { policyReport } from "../src/ops/policy-report.ts";

const late = {
  exceptionId: "exc_1",
  kind: "late_payment",
  provider: "wechat",
  amount: "39.80",
  was: "open",
  wouldBe: "refund",
  why: "the policy says so",
} as const;

test("each past case is a line, and the sums end the report", () => {
  const report = policyReport([late, { ...late, exceptionId: "exc_2", amount: "0.20" }], { days: 30, limit: 2 });

  expect(report.split("\n")).toEqual([
    "case   kind          provider  amount  was   would be  why",
    "exc_1  late_payment  wechat    39.80   open  refund    the policy says so",
    "exc_2  late_payment  wechat    0.20    open  refund    the policy says so",
    "",
    "Cases of the last 30 days: found 2, revive 0 (0.00), refund 2 (40.00), hold 0 (0.00).",
    "Dry run: nothing was changed.",
    "The limit of 2 was reached: there may be more.",
  ]);
});
