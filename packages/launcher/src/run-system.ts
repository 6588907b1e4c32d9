import { join } from "node:path";

import { publicUrlOf } from "@zhanggui/boot";
import { ensureBuilt } from "@zhanggui/dashboard";

import type { Program } from "./children/programs.ts";
import { startChildren } from "./children/start-children.ts";
import { claim } from "./claim.ts";
import { type Closings, createClosings } from "./closings.ts";
import { completeSettings, simulatorUrlOf, variablesFor } from "./complete-settings.ts";
import { orStopped } from "./or-stopped.ts";
import { createPlainLogger } from "./plain-logger.ts";
import { untilReady } from "./readiness.ts";
import { removeRunning, writeRunning } from "./running.ts";
import { firstOperator } from "./services/first-operator.ts";
import { openServices } from "./services/open-services.ts";
import { planServices } from "./services/plan.ts";
import { prepareDatabase } from "./services/prepare-database.ts";
import type { Settings, Variables } from "./settings.ts";
import { settledWithin } from "./settled-within.ts";
import type { Terminal } from "./terminal.ts";
import { welcome } from "./welcome.ts";

export type System = {
  readonly settings: Settings;
  /** What the children inherit besides the settings. */
  readonly variables: Variables;
  readonly programs: readonly Program[];
  readonly stop: AbortSignal;
  readonly terminal: Terminal;
};

/** Migrating takes a second; a database that cannot be reached is waited for much longer. */
const preparationLimitMs = 3_000;

/** Starts everything, waits for the wish to stop, and stops everything, however far it got. */
export async function runSystem(system: System): Promise<void> {
  const { stop, terminal } = system;
  const closings = createClosings(terminal.report);
  stop.addEventListener("abort", () => terminal.report("Stopping ..."), { once: true });
  try {
    stop.throwIfAborted();
    const { broken } = await startSystem(system, closings);
    await orStopped(stop, broken);
  } catch (error) {
    // What fails because everything is being stopped is no news.
    if (!stop.aborted) throw error;
  } finally {
    await closings.closeAll();
    if (stop.aborted) terminal.report("Stopped.");
  }
}

async function startSystem(system: System, closings: Closings): Promise<{ readonly broken: Promise<never> }> {
  const { settings: wanted, variables, stop, terminal } = system;
  const production = wanted.NODE_ENV === "production";
  const { DATA_DIR: directory } = wanted;
  const { simulatorPort } = await claim(wanted, closings);
  stop.throwIfAborted();

  const console = buildConsole(stop, terminal.report);
  const plan = planServices(wanted);
  terminal.print(`Starting: database ${plan.database.words}, queue ${plan.queue.words}.`);
  const services = await openServices(plan, directory, closings);
  stop.throwIfAborted();

  const settings = await completeSettings(wanted, {
    services,
    simulatorPort,
    now: new Date(),
    report: terminal.report,
  });
  const apiUrl = publicUrlOf({ ...settings, PUBLIC_URL: undefined });
  const simulatorUrl = production ? undefined : simulatorUrlOf(simulatorPort);
  const preparation = prepareDatabase(settings, createPlainLogger("start", terminal.report));
  // It has the database open: a server that stops under it would take us along.
  closings.add("the preparation", () => settledWithin(preparation, preparationLimitMs));
  await orStopped(stop, preparation);

  closings.add("running.json", () => removeRunning(directory));
  const { databaseUrl, redisUrl } = services;
  const { PROVIDERS_FILE: providersFile } = settings;
  writeRunning(directory, { pid: process.pid, apiUrl, databaseUrl, redisUrl, simulatorUrl, providersFile });

  const logFolder = join(directory, "logs");
  const { ready, broken } = startChildren({
    programs: system.programs.filter(({ inProduction }) => inProduction || !production),
    variables: variablesFor(settings, variables, apiUrl),
    logFolder,
    isPerson: terminal.isPerson,
    closings,
    report: terminal.report,
  });
  await orStopped(stop, ready);
  await orStopped(stop, untilReady(apiUrl, stop));
  await orStopped(stop, console);

  // Made last: its password is printed once, and a start that fails before would have told nobody.
  const making = production ? Promise.resolve(undefined) : firstOperator(settings.DATABASE_URL);
  closings.add("the first operator", () => settledWithin(making, preparationLimitMs));
  const operator = await orStopped(stop, making);
  terminal.print(
    welcome({
      apiUrl,
      simulatorUrl,
      database: plan.database.words,
      queue: plan.queue.words,
      dataDirectory: directory,
      logFolder: terminal.isPerson ? logFolder : undefined,
      canMakeTokens: settings.JWT_SECRET !== undefined,
      operator,
    }),
  );
  terminal.print(`ready ${apiUrl}`);
  return { broken };
}

/** The only part that is built: seconds the first time, and beside everything else that starts. Money flows without it. */
async function buildConsole(stop: AbortSignal, report: (sentence: string) => void): Promise<void> {
  try {
    await ensureBuilt(stop);
  } catch (error) {
    if (!stop.aborted)
      report(`The console could not be built: ${error instanceof Error ? error.message : String(error)}`);
  }
}
