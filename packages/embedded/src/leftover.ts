import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { factsOf } from "./process-facts.ts";
import { stopProcess, type Demand } from "./stop-process.ts";

/** Where a server of ours writes its process id, and where we write who started it. */
export type Traces = { readonly directory: string; readonly pidFile: string; readonly starterFile: string };

/**
 * A starter that was killed with -9 can leave its server running, or the server's pid file lying about. The server is
 * stopped and the file removed; a server whose starter still lives is somebody's, and is left alone.
 */
export async function clearLeftover(traces: Traces, demands: readonly Demand[]): Promise<void> {
  const pid = readPid(traces.pidFile);
  if (pid === undefined) return;

  const facts = factsOf(pid);
  if (facts?.workingDirectory === traces.directory) {
    // When a starter dies its server gets another parent, so an equal parent is alive and is no reused process id.
    if (facts.parent === readPid(traces.starterFile)) {
      throw new Error(
        `The data directory ${traces.directory} is in use by process ${facts.parent}: stop that, or name another directory in DATA_DIR.`,
      );
    }
    await stopProcess(pid, demands);
  }
  rmSync(traces.pidFile, { force: true });
}

/** To be called before the server is started, so that there is never a running server without it. */
export function signAsStarter(traces: Traces): void {
  writeFileSync(traces.starterFile, `${process.pid}\n`);
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, "utf8"), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
