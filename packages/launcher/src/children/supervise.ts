import { type ChildProcess, spawn } from "node:child_process";

import type { Variables } from "../settings.ts";
import type { ChildOutput } from "./child-output.ts";
import type { Program } from "./programs.ts";
import { createRestartLimit } from "./restarts.ts";

export type Supervised = {
  /** Rejects when the program ends before it was ready for the first time. */
  readonly ready: Promise<void>;
  /** Rejects when the program ends again and again; never resolves. */
  readonly broken: Promise<never>;
  readonly stop: () => Promise<void>;
};

export type Supervision = {
  readonly variables: Variables;
  readonly output: ChildOutput;
  readonly report: (sentence: string) => void;
  readonly now: () => number;
};

const restartDelayMs = 1_000;

/** Keeps a program running: starts it again when it dies, and stops it when asked. */
export function supervise(program: Program, { variables, output, report, now }: Supervision): Supervised {
  const { name, entry, stopLimitMs } = program;
  const ready = Promise.withResolvers<void>();
  const broken = Promise.withResolvers<never>();
  // Whoever waits for them hears of it; a promise that nobody waits for any more must not end the process.
  for (const { promise } of [ready, broken]) promise.catch(() => undefined);
  const restarts = createRestartLimit(now);
  let wasReady = false;
  let stopping = false;
  let restart: NodeJS.Timeout | undefined;
  let child = run();

  function run(): ChildProcess {
    const started = spawn(process.execPath, [entry], {
      env: variables,
      stdio: ["ignore", output.stdio, "inherit", "ipc"],
      // A process group of its own: Ctrl-C in the terminal reaches us alone, and we stop the children in order.
      detached: true,
    });
    if (started.stdout !== null) output.read(started.stdout);
    started.once("error", () => undefined);
    started.on("message", (message) => {
      if (message !== "ready") return;
      wasReady = true;
      ready.resolve();
    });
    started.once("exit", (code, signal) => ended(signal ?? `exit code ${code}`));
    return started;
  }

  function ended(how: string): void {
    if (stopping) return;
    if (!wasReady) {
      ready.reject(new Error(`The ${name} could not start (${how}): its own words stand above.`));
    } else if (restarts.allows()) {
      report(`The ${name} ended unexpectedly (${how}): starting it again.`);
      restart = setTimeout(() => (child = run()), restartDelayMs);
    } else {
      broken.reject(new Error(`The ${name} keeps ending (${how}): stopping everything. Its log tells why.`));
    }
  }

  return {
    ready: ready.promise,
    broken: broken.promise,
    stop: async () => {
      stopping = true;
      clearTimeout(restart);
      await end(child, stopLimitMs);
    },
  };
}

/** Answers when the process is gone. */
function end(child: ChildProcess, limitMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const limit = setTimeout(() => child.kill("SIGKILL"), limitMs);
    child.once("exit", () => {
      clearTimeout(limit);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
