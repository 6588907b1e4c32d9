import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "@zhanggui/embedded";
import { loadProviders } from "@zhanggui/gateways";
import { createLogger } from "@zhanggui/runtime";
import { startSimulator } from "@zhanggui/simulator";
import { makeDevelopmentAccounts } from "@zhanggui/simulator/development";
import { freshDatabase } from "@zhanggui/testing";

const apps = new URL("../../../apps/", import.meta.url);
const jwtSecret = "a secret of thirty-two bytes or more";

export type SystemUnderTest = { readonly dataDirectory: string; readonly stop: () => Promise<void> };

/** A real api and worker with a simulator, and the `DATA_DIR` that a `start` of them would have written. */
export async function startSystem(redisUrl: string | undefined): Promise<SystemUnderTest> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "zhanggui-demo-"));
  const database = await freshDatabase({ name: "demo-empty", migrate: async () => undefined });
  const [apiPort, simulatorPort] = [await freePort(), await freePort()];
  const urls = { apiUrl: `http://127.0.0.1:${apiPort}`, simulatorUrl: `http://127.0.0.1:${simulatorPort}` };
  const providersFile = join(dataDirectory, "providers.json");
  const accounts = await makeDevelopmentAccounts({
    gatewaysUrl: `${urls.simulatorUrl}/gateways`,
    mockSecret: "the gateway's secret",
    now: new Date(),
  });
  await writeFile(providersFile, JSON.stringify(accounts.providers));

  const environment = {
    DATABASE_URL: database.url,
    DATA_DIR: dataDirectory,
    API_PORT: String(apiPort),
    JWT_SECRET: jwtSecret,
    PROVIDERS_FILE: providersFile,
    LOG_LEVEL: "warn",
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
  };
  const simulator = await startSimulator({
    port: simulatorPort,
    providers: await loadProviders(providersFile, false),
    keys: new Map(Object.entries(accounts.keys)),
    directory: join(dataDirectory, "simulator"),
    speed: 60,
    apiUrl: urls.apiUrl,
    jwtSecret,
    logger: createLogger("simulator", "silent"),
    now: () => new Date(),
  });
  const api = await startProgram("api", environment);
  const worker = await startProgram("worker", environment);
  await writeFile(join(dataDirectory, "running.json"), JSON.stringify({ ...urls, providersFile }));
  return {
    dataDirectory,
    stop: async () => {
      await Promise.all([stopProgram(api), stopProgram(worker)]);
      await simulator.stop();
      await database.drop();
      await rm(dataDirectory, { recursive: true });
    },
  };
}

async function startProgram(name: "api" | "worker", environment: Readonly<Record<string, string>>) {
  const child = fork(fileURLToPath(new URL(`${name}/src/main.ts`, apps)), {
    env: environment,
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`${name} ended with ${String(code)}`)));
  await Promise.race([once(child, "message"), ended]);
  ended.catch(() => undefined);
  return child;
}

async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

export { jwtSecret };
