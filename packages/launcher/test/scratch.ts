import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

/** A private folder that is gone after the test. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "zhanggui-launcher-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
