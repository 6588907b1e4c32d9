import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { findOnPath, startPostgres } from "../src/index.ts";
import { factsOf } from "../src/process-facts.ts";
import { killStarter, leaveOrphan } from "./orphan.ts";
import { ask, scratchDirectory } from "./scratch.ts";

const deathLimitMs = 5_000;

test("a server whose starter was killed with -9 is stopped and started anew", async () => {
  const directory = scratchDirectory();
  const orphan = await leaveOrphan(directory);
  expect(factsOf(orphan)).toBeDefined();

  const { url, pid, stop } = await startPostgres({ directory, durable: false, log: () => undefined });
  onTestFinished(stop);

  expect(factsOf(orphan)).toBeUndefined();
  expect(pid).not.toBe(orphan);
  expect(await ask(url, "select 1")).toBe(1);
});

test("also one that hangs and hears nothing but SIGKILL", async () => {
  const directory = scratchDirectory();
  const orphan = await leaveOrphan(directory, (pid) => process.kill(pid, "SIGSTOP"));

  const { url, stop } = await startPostgres({ directory, durable: false, log: () => undefined });
  onTestFinished(stop);

  expect(factsOf(orphan)).toBeUndefined();
  expect(await ask(url, "select 1")).toBe(1);
});

test.skipIf(findOnPath("setpriv") === undefined)(
  "where the system can tell it of its starter's death (setpriv), a server ends by itself",
  async () => {
    const pid = await killStarter(scratchDirectory(), process.env);

    for (let waitedMs = 0; waitedMs < deathLimitMs && factsOf(pid); waitedMs += 50) await sleep(50);

    expect(factsOf(pid)).toBeUndefined();
  },
);
