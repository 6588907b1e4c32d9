import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { passThrough } from "../src/children/child-output.ts";
import { supervise } from "../src/children/supervise.ts";
import { scratchDirectory } from "./scratch.ts";

function superviseText(text: string, stopLimitMs = 10_000) {
  const entry = join(scratchDirectory(), "program.mjs");
  writeFileSync(entry, text);
  const reports: string[] = [];
  const child = supervise(
    { name: "program", entry, stopLimitMs, inProduction: true },
    { variables: {}, output: passThrough, report: (sentence) => reports.push(sentence), now: () => 0 },
  );
  onTestFinished(child.stop);
  return { ...child, reports };
}

test("a program that cannot start is not tried again", async () => {
  const { ready } = superviseText("process.exit(3)");

  await expect(ready).rejects.toThrow("The program could not start (exit code 3)");
});

test("a program that ignores SIGTERM is killed after its limit", async () => {
  const { ready, stop } = superviseText(
    'process.on("SIGTERM", () => 0); setInterval(() => 0, 1000); process.send("ready")',
    100,
  );
  await ready;

  const asked = performance.now();
  await stop();

  expect(performance.now() - asked).toBeLessThan(5_000);
});

test("a program that ends after it was ready is reported and started again", async () => {
  const { ready, reports } = superviseText('process.send("ready", () => process.exit(0))');
  await ready;

  await expect.poll(() => reports.length, { timeout: 5_000 }).toBeGreaterThan(1);

  expect(reports[0]).toBe("The program ended unexpectedly (exit code 0): starting it again.");
});
