import { expect, test } from "vitest";

import { prettyLine } from "../src/pretty-line.ts";

const base = { time: "2026-11-22T15:12:02.329Z", pid: 1, name: "worker", msg: "job done" };

test("a warning is a sentence with its facts", () => {
  const line = JSON.stringify({ ...base, level: "warn", outcome: "late_payment", ms: 3 });

  expect(prettyLine(line)).toBe("15:12:02 WARN  worker: job done outcome=late_payment ms=3");
});

test("an error says why, without its stack", () => {
  const line = JSON.stringify({ ...base, level: "error", err: { message: "no row", stack: "at …" } });

  expect(prettyLine(line)).toBe("15:12:02 ERROR worker: job done (no row)");
});

test("what merely informs is not shown", () => {
  expect(prettyLine(JSON.stringify({ ...base, level: "info" }))).toBeUndefined();
});

test("what is no log line is shown as it is", () => {
  expect(prettyLine("Segmentation fault")).toBe("Segmentation fault");
});
