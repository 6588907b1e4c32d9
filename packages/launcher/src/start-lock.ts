import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export type StartLock = { readonly release: () => void };

/** Long enough for an `ops` that only looks; a second `start` is told soon. */
const patienceMs = 500;
const busy = 5;

/**
 * Takes a data directory for ourselves; undefined when another process has it. SQLite is used for nothing but its file
 * lock, which Node has no other way to take: the system frees it when the process dies, however it dies, and unlike a
 * process id in a file it cannot be mistaken for a stranger's.
 */
export function takeStartLock(dataDirectory: string): StartLock | undefined {
  const file = new DatabaseSync(join(dataDirectory, "start.lock"), { timeout: patienceMs });
  try {
    file.exec("begin exclusive");
    return { release: () => file.close() };
  } catch (error) {
    file.close();
    if (error instanceof Error && "errcode" in error && error.errcode === busy) return undefined;
    throw error;
  }
}
