import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { takeStartLock } from "./start-lock.ts";

/** Where the parts of a running `start` are: what `ops` needs to work on the same system. It holds passwords. */
const runningSchema = z.object({
  pid: z.number().int(),
  apiUrl: z.string(),
  databaseUrl: z.string(),
  redisUrl: z.string().optional(),
  simulatorUrl: z.string().optional(),
  providersFile: z.string(),
});

export type Running = Readonly<z.infer<typeof runningSchema>>;

export function writeRunning(dataDirectory: string, running: Running): void {
  const file = fileIn(dataDirectory);
  // Renamed into place, so that nobody reads half of it.
  writeFileSync(`${file}.new`, `${JSON.stringify(running, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeRunning(dataDirectory: string): void {
  rmSync(fileIn(dataDirectory), { force: true });
}

/** What the last `start` wrote and did not remove; it may have been killed since. */
export function readLastRunning(dataDirectory: string): Running | undefined {
  const file = fileIn(dataDirectory);
  if (!existsSync(file)) return undefined;
  const parsed = runningSchema.safeParse(parseJson(readFileSync(file, "utf8")));
  return parsed.success ? parsed.data : undefined;
}

/** Undefined when no `start` holds this directory, whatever a killed one left in the file. */
export function findRunning(dataDirectory: string): Running | undefined {
  const running = readLastRunning(dataDirectory);
  if (running === undefined) return undefined;
  const lock = takeStartLock(dataDirectory);
  lock?.release();
  return lock === undefined ? running : undefined;
}

function fileIn(dataDirectory: string): string {
  return join(dataDirectory, "running.json");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
