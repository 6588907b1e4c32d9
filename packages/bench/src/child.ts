import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

export type Child = {
  readonly name: string;
  /** What it sent on its IPC channel when it was ready. */
  readonly message: unknown;
  readonly stop: () => Promise<void>;
};

export type ChildOptions = {
  readonly name: string;
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly profile?: string | undefined;
  /** Its log: warnings and worse, one JSON line each. */
  readonly onLine: (line: string) => void;
};

const stopLimitMs = 10_000;

/** Starts a process of its own and waits until it says that it is ready. */
export async function startChild({ name, entry, environment, profile, onLine }: ChildOptions): Promise<Child> {
  const child = fork(entry, {
    env: { PATH: process.env["PATH"] ?? "", ...environment },
    execArgv:
      profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${name}.cpuprofile`],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let lastWords = "";
  const hear = (chunk: unknown) => {
    const said = String(chunk);
    lastWords = (lastWords + said).slice(-2_000);
    for (const line of said.split("\n").filter((text) => text !== "")) onLine(`${name}: ${line}`);
  };
  child.stdout?.on("data", hear);
  child.stderr?.on("data", hear);

  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${name} ended with ${String(code)} before it was ready:\n${lastWords}`);
  });
  const words: unknown[] = await Promise.race([once(child, "message"), ended]);
  ended.catch(() => undefined);
  return { name, message: words[0], stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const limit = setTimeout(() => child.kill("SIGKILL"), stopLimitMs);
  await exited;
  clearTimeout(limit);
}
