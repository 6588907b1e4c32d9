import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const apps = fileURLToPath(new URL("../../../../apps/", import.meta.url));
const keptLines = 400;
const startLimitMs = 30_000;
const stopLimitMs = 10_000;

export type Program = {
  readonly pid: number;
  /** Ends it as `kill -9` does. */
  readonly kill: () => Promise<void>;
  /** SIGTERM; answers the exit code. */
  readonly stop: () => Promise<number | null>;
  readonly log: () => string;
};

/** Starts an app's `main.ts` as a process of its own. It dies with us: its IPC channel breaks then. */
export async function startProgram(app: "api" | "worker", environment: Record<string, string>): Promise<Program> {
  const child = spawn(process.execPath, [`${apps}${app}/src/main.ts`], {
    env: { PATH: process.env.PATH ?? "", ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data: Buffer) => {
      lines.push(data.toString());
      if (lines.length > keptLines) lines.shift();
    });
  }
  const log = () => lines.join("");
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  await ready(child, app, log);
  return {
    pid: child.pid ?? 0,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    stop: async () => {
      child.kill("SIGTERM");
      const limit = setTimeout(() => child.kill("SIGKILL"), stopLimitMs);
      const code = await ended;
      clearTimeout(limit);
      return code;
    },
    log,
  };
}

async function ready(child: ChildProcess, app: string, log: () => string): Promise<void> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), startLimitMs);
  try {
    const first = await Promise.race([
      once(child, "message", { signal: limit.signal }),
      once(child, "exit", { signal: limit.signal }).then(() => undefined),
    ]);
    if (first === undefined) throw new Error(`${app} ended at once:\n${log()}`);
  } catch (error) {
    child.kill("SIGKILL");
    throw error instanceof Error && error.name === "AbortError"
      ? new Error(`${app} did not become ready:\n${log()}`)
      : error;
  } finally {
    clearTimeout(timer);
    limit.abort();
  }
}
