import type { Closings } from "./closings.ts";
import { makeDataDirectory } from "./data-directory.ts";
import { portBeside, requireFreePort } from "./ports.ts";
import { readLastRunning } from "./running.ts";
import type { Settings } from "./settings.ts";
import { takeStartLock } from "./start-lock.ts";

/** Makes sure that directory and ports are ours, with one sentence for whoever must mend it, and picks the simulator's. */
export async function claim(settings: Settings, closings: Closings): Promise<{ readonly simulatorPort: number }> {
  const { DATA_DIR: directory, API_HOST, API_PORT, SIMULATOR_PORT, NODE_ENV } = settings;
  makeDataDirectory(directory);
  const lock = takeStartLock(directory);
  if (lock === undefined) throw new Error(inUse(directory));
  closings.add("the lock", lock.release);

  // A file that a start should have removed: it was killed, and its API may still be on its way out.
  const wait = readLastRunning(directory) !== undefined;
  await requireFreePort({ host: API_HOST, port: API_PORT, variable: "API_PORT" }, { wait });
  if (SIMULATOR_PORT === undefined || NODE_ENV === "production") return { simulatorPort: await portBeside(API_PORT) };
  await requireFreePort({ host: "127.0.0.1", port: SIMULATOR_PORT, variable: "SIMULATOR_PORT" }, { wait });
  return { simulatorPort: SIMULATOR_PORT };
}

function inUse(directory: string): string {
  const other = readLastRunning(directory);
  const who = other === undefined ? "another start" : `another start, process ${other.pid} at ${other.apiUrl}`;
  return `The data directory ${directory} is in use by ${who}: stop that, or name another directory in DATA_DIR.`;
}
