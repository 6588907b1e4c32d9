import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type Providers, readProviders } from "@zhanggui/gateways";
import { ConfigurationError, createLogger, readEnvironment, runMain, stopOnSignal } from "@zhanggui/runtime";

import { readSimulatorEnvironment } from "./environment.ts";
import type { KeysByProvider } from "./keys/gateway-keys.ts";
import { readKeys } from "./keys/read-keys.ts";
import { startSimulator } from "./start.ts";

const stopLimitMs = 2_500;

await runMain(async () => {
  if (process.env["NODE_ENV"] === "production") {
    throw new Error("The simulator plays payment gateways and is never started in production.");
  }
  const environment = readEnvironment(process.env, ["PROVIDERS_FILE"]);
  const { SIMULATOR_PORT, SIMULATOR_SPEED, SIMULATOR_KEYS_FILE, API_URL } = readSimulatorEnvironment(process.env);
  const logger = createLogger("simulator", environment.LOG_LEVEL);

  const simulator = await startSimulator({
    port: SIMULATOR_PORT,
    providers: providersOf(environment.PROVIDERS_FILE ?? ""),
    keys: keysOf(SIMULATOR_KEYS_FILE),
    directory: join(environment.DATA_DIR, "simulator"),
    speed: SIMULATOR_SPEED,
    apiUrl: API_URL,
    jwtSecret: environment.JWT_SECRET,
    logger,
    now: () => new Date(),
  });
  logger.info({ url: simulator.url, speed: SIMULATOR_SPEED }, "listening");
  stopOnSignal(logger, [{ name: "simulator", close: simulator.stop }], stopLimitMs);
  process.send?.("ready");
});

function providersOf(path: string): Providers {
  const reading = readProviders(readFileSync(path, "utf8"), false);
  if (reading.ok) return reading.providers;
  throw new ConfigurationError(reading.problems.map((problem) => `PROVIDERS_FILE: ${problem}`));
}

function keysOf(path: string | undefined): KeysByProvider {
  if (path === undefined) return new Map();
  const reading = readKeys(textOf(path));
  if (reading.ok) return reading.keys;
  throw new ConfigurationError(reading.problems.map((problem) => `SIMULATOR_KEYS_FILE: ${problem}`));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigurationError([`SIMULATOR_KEYS_FILE: cannot be read (${String(error)})`]);
  }
}
