import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

const main = new URL("../src/main.ts", import.meta.url).pathname;
const stopLimitMs = 3_000;

let directory: string;
let providersFile: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "zhanggui-simulator-"));
  providersFile = join(directory, "providers.json");
  await writeFile(providersFile, JSON.stringify({ mock: { kind: "mock", secret: "a secret" } }));
});
afterAll(() => rm(directory, { recursive: true }));

function start(environment: Readonly<Record<string, string>>): ChildProcess {
  return fork(main, {
    env: { PROVIDERS_FILE: providersFile, DATA_DIR: directory, LOG_LEVEL: "silent", ...environment },
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
}

async function failureOf(child: ChildProcess): Promise<{ readonly code: unknown; readonly said: string }> {
  let said = "";
  child.stderr?.on("data", (chunk) => (said += String(chunk)));
  const [code] = await once(child, "close");
  return { code, said };
}

test("production is refused with one sentence", async () => {
  const { code, said } = await failureOf(start({ NODE_ENV: "production" }));

  expect(code).toBe(1);
  expect(said).toBe("The simulator plays payment gateways and is never started in production.\n");
});

test("mistakes in the environment are named before anything starts", async () => {
  const { code, said } = await failureOf(start({ SIMULATOR_SPEED: "0", API_URL: "nowhere" }));

  expect(code).toBe(1);
  expect(said).toContain("SIMULATOR_SPEED");
  expect(said).toContain("API_URL");
});

test("every mistake in the gateways' keys is named before anything starts", async () => {
  const keysFile = join(directory, "keys.json");
  const entries = { alipay: { kind: "alipay", alipayPrivateKey: "none" }, other: { kind: "nobody" } };
  await writeFile(keysFile, JSON.stringify(entries));

  const mistaken = await failureOf(start({ SIMULATOR_KEYS_FILE: keysFile }));
  const missing = await failureOf(start({ SIMULATOR_KEYS_FILE: join(directory, "nowhere.json") }));

  expect(mistaken.code).toBe(1);
  expect(mistaken.said).toContain("SIMULATOR_KEYS_FILE: alipay.alipayPrivateKey: must be");
  expect(mistaken.said).toContain("SIMULATOR_KEYS_FILE: other.kind");
  expect(missing.said).toContain("SIMULATOR_KEYS_FILE: cannot be read");
});

test("it says when it is ready, answers, and stops at once on SIGTERM", async () => {
  const port = 20_000 + (process.pid % 10_000);
  const child = start({ SIMULATOR_PORT: String(port) });
  const [message] = await once(child, "message");
  const health = await fetch(`http://127.0.0.1:${port}/healthz`);

  const asked = performance.now();
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");

  expect(message).toBe("ready");
  expect(health.status).toBe(200);
  expect(code).toBe(0);
  expect(performance.now() - asked).toBeLessThan(stopLimitMs);
});
