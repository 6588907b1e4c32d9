import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { onTestFinished } from "vitest";

export type Run = {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when the text has been said on standard output; rejects when the process ended without. */
  readonly says: (text: string) => Promise<void>;
  readonly ended: Promise<number | NodeJS.Signals>;
};

export type Variables = Readonly<Record<string, string>>;

/** Runs `start.ts` or `ops.ts` as a process of its own that knows nothing of our environment. */
export function run(script: "start" | "ops", variables: Variables, args: readonly string[] = []): Run {
  const file = fileURLToPath(new URL(`../src/${script}.ts`, import.meta.url));
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });

  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => (stdout += String(data)));
  child.stderr.on("data", (data) => (stderr += String(data)));
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    says: async (text) => {
      while (!stdout.includes(text)) {
        const more = await Promise.race([once(child.stdout, "data"), ended]);
        if (!Array.isArray(more) && !stdout.includes(text))
          throw new Error(`ended without saying "${text}":\n${stderr}`);
      }
    },
    ended,
  };
}

/** Runs `ops` to its end. */
export async function ops(variables: Variables, ...args: readonly string[]) {
  const { ended, stdout, stderr } = run("ops", variables, args);
  return { code: await ended, said: stdout(), complained: stderr() };
}
