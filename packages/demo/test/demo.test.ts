import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { describe, expect, inject, onTestFinished, test } from "vitest";

import { jwtSecret, startSystem } from "./system-under-test.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const patienceMs = 60_000;
const longestDemoMs = 30_000;

async function runMain(environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [main], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { output, errors, code: Number(code) };
}

async function emptyDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "zhanggui-demo-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

const noStart = "No `start` is running: run `pnpm start` in another terminal, then `pnpm demo`.\n";

test("without a running start it says one sentence and exits 1", async () => {
  const ran = await runMain({ DATA_DIR: await emptyDirectory() });

  expect(ran).toEqual({ output: "", errors: noStart, code: 1 });
});

test("a start that was killed counts as none", async () => {
  const directory = await emptyDirectory();
  await writeFile(join(directory, "running.json"), JSON.stringify({ apiUrl: "http://127.0.0.1:9" }));

  const ran = await runMain({ DATA_DIR: directory });

  expect(ran).toEqual({ output: "", errors: noStart, code: 1 });
});

describe.each([
  { queue: "PostgreSQL", redisUrl: undefined, skipped: false },
  { queue: "Redis", redisUrl: inject("redisUrl"), skipped: inject("redisUrl") === undefined },
])("with its queue in $queue", ({ redisUrl, skipped }) => {
  test.skipIf(skipped)(
    "the whole story goes as it should, twice, within 30 s",
    { timeout: patienceMs * 2 },
    async () => {
      const system = await startSystem(redisUrl);
      onTestFinished(system.stop);
      const environment = { DATA_DIR: system.dataDirectory, JWT_SECRET: jwtSecret };

      for (const _ of ["first", "again"]) {
        const startedAt = performance.now();
        const { output, errors, code } = await runMain(environment);

        expect(output + errors).toContain("All 15 steps are as they should be");
        expect(output).not.toContain("\u001B[");
        expect(code).toBe(0);
        expect(performance.now() - startedAt).toBeLessThan(longestDemoMs);
      }
    },
  );
});
