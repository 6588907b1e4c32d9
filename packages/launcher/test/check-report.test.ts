import { expect, test } from "vitest";

import { checkReport } from "../src/ops/check-report.ts";

const fine = { name: "audit chain", ok: true, says: "12 entries under 2 seals", facts: {} };
const broken = { name: "stock", ok: false, says: "a piece is missing", facts: {} };

test("each check is a line, and the last line counts those that are broken", () => {
  expect(checkReport([fine, broken])).toBe(
    [
      "check        state   says",
      "audit chain  ok      12 entries under 2 seals",
      "stock        BROKEN  a piece is missing",
      "",
      "Checks 2, broken 1.",
    ].join("\n"),
  );
});
