import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { ensureBuilt, isBuilt } from "../build/ensure-built.ts";
import { firstLoadBytes, mostFirstLoadBytes } from "../build/first-load.ts";
import { builtFolder } from "../build/sources.ts";

const patienceMs = 120_000;

test(
  "the console is built from the sources as they are, small enough, without inline scripts or other hosts",
  async () => {
    await ensureBuilt(AbortSignal.timeout(patienceMs));

    const page = readFileSync(new URL("index.html", builtFolder), "utf8");
    expect(isBuilt()).toBe(true);
    expect(firstLoadBytes()).toBeLessThan(mostFirstLoadBytes);
    expect([...page.matchAll(/<script(?![^>]*\bsrc=)/g)]).toEqual([]);
    expect([...page.matchAll(/(?:src|href)="(?!\/dashboard\/)[^"]*"/g)]).toEqual([]);
  },
  patienceMs,
);

test("what is built already is not built again", async () => {
  await ensureBuilt(AbortSignal.timeout(patienceMs));
  const startedAt = performance.now();

  await ensureBuilt(AbortSignal.timeout(patienceMs));

  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
