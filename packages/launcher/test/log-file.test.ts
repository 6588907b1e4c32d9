import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { openLogFile } from "../src/log-file.ts";
import { scratchDirectory } from "./scratch.ts";

const full = 10 * 1_024 * 1_024;

test("lines are added to what an earlier run wrote", () => {
  const folder = scratchDirectory();
  for (const line of ["first", "second"]) {
    const file = openLogFile(folder, "api");
    file.write(line);
    file.close();
  }

  expect(readFileSync(join(folder, "api.log"), "utf8")).toBe("first\nsecond\n");
});

test("a full file is put aside, once", () => {
  const folder = scratchDirectory();
  writeFileSync(join(folder, "api.log"), "x".repeat(full));

  const file = openLogFile(folder, "api");
  file.write("fresh");
  file.close();

  expect(readFileSync(join(folder, "api.log"), "utf8")).toBe("fresh\n");
  expect(readFileSync(join(folder, "api.1.log")).byteLength).toBe(full);
});
