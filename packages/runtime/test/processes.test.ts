import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";

import { developmentSecret } from "../src/index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zhanggui-runtime-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const runtime = new URL("../src/index.ts", import.meta.url).href;

/** Runs a small program on the runtime as a process of its own, and answers how it ended and what it printed. */
async function run(program: string, onOutput?: (kill: (signal: NodeJS.Signals) => void) => void) {
  const source = `import { createLogger, runMain, stopOnSignal } from ${JSON.stringify(runtime)};\n${program}`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", source], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.once("data", () => onOutput?.((signal) => child.kill(signal)));
  const ended = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => resolve(code));
  });
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { output, errors, code };
}

test("a set-up mistake is told in plain sentences, without a stack", async () => {
  const { errors, code } = await run(`
    await runMain(async () => {
      throw Object.assign(new Error("configuration"), { problems: ["API_PORT: must be a number"] });
    });
  `);

  expect(errors).toBe("The configuration is wrong:\n  API_PORT: must be a number\n");
  expect(code).toBe(1);
});

test("a log never holds a secret", async () => {
  const { output } = await run(`
    const log = createLogger("test", "info");
    log.info({ account: { secret: "hunter2", apiV3Key: "hunter2" }, authorization: "hunter2", sign: "hunter2" }, "told");
  `);

  expect(output).toContain("told");
  expect(output).not.toContain("hunter2");
});

test("a process that is told to stop closes what it opened, in order, and exits 0", async () => {
  const { output, code } = await run(
    `
    const log = createLogger("test", "silent");
    const closing = (name: string) => ({ name, close: async () => void process.stdout.write(name) });
    stopOnSignal(log, [closing(" first"), closing(" second")]);
    setInterval(() => undefined, 1000);
    process.stdout.write("open");
  `,
    (kill) => kill("SIGTERM"),
  );

  expect(output).toBe("open first second");
  expect(code).toBe(0);
});

test("a process that cannot close in time exits all the same, and says so by its code", async () => {
  const { code } = await run(
    `
    const log = createLogger("test", "silent");
    stopOnSignal(log, [{ name: "hangs", close: () => new Promise(() => undefined) }], 200);
    setInterval(() => undefined, 1000);
    process.stdout.write("open");
  `,
    (kill) => kill("SIGTERM"),
  );

  expect(code).toBe(1);
});

test("a development secret is made once, by one of many, and only its owner reads it", async () => {
  const secrets = await Promise.all(Array.from({ length: 10 }, () => developmentSecret(folder, "jwt")));

  expect(new Set(secrets).size).toBe(1);
  expect(secrets[0]).toMatch(/^[0-9a-f]{64}$/);
  expect((await stat(join(folder, "secrets", "jwt"))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(folder, "secrets", "jwt"), "utf8")).toBe(secrets[0]);
});
