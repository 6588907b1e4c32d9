import { expect, test } from "vitest";

import { checkReport } from "../src/ops/check-report.ts";

const fine = { name: "audit-chain", ok: true, says: "12 entries under 2 seals", facts: {}, breaches: [], more: false };
const breach = {
  key: "tea-1",
  orderId: null,
  paymentId: null,
  facts: {},
  repairId: "rep_1",
  exceptionId: "exc_1",
  plan: { kind: "person", explanation: "Count the shelf." },
  accepted: false,
} as const;
const broken = { name: "stock", ok: false, says: "a piece is missing", facts: {}, breaches: [breach], more: false };

test("each check is a line, each breach another, and the last line counts what is broken", () => {
  expect(checkReport([fine, broken])).toBe(
    [
      "check        state   says",
      "audit-chain  ok      12 entries under 2 seals",
      "stock        BROKEN  a piece is missing",
      "",
      "broken by  row    plan   what to do",
      "stock      tea-1  rep_1  Count the shelf.",
      "",
      "Checks 2, broken 1. `ops repair` shows the plans.",
    ].join("\n"),
  );
});
