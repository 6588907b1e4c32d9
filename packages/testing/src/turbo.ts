import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { delimiter, join } from "node:path";

export type TurboRun = {
  readonly root: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
};

const forwarded = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs turbo to its end and answers its exit code. A signal to us ends it first, so that servers outlive their tests. */
export async function runTurbo({ root, args, environment }: TurboRun): Promise<number> {
  const programs = join(root, "node_modules/.bin");
  const child = spawn(join(programs, "turbo"), ["--no-update-notifier", ...args], {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      ...environment,
      PATH: [programs, process.env.PATH ?? ""].join(delimiter),
      TURBO_TELEMETRY_DISABLED: "1",
      // turbo starts pnpm once per workspace; the pnpm that started us has done these checks, and they ask the network.
      pnpm_config_pm_on_fail: "ignore",
      pnpm_config_verify_deps_before_run: "false",
    },
  });
  // Always as SIGTERM: a SIGINT that was not typed at the terminal means nothing to turbo.
  const forward = () => void child.kill("SIGTERM");
  for (const signal of forwarded) process.on(signal, forward);
  try {
    await once(child, "close");
  } finally {
    for (const signal of forwarded) process.off(signal, forward);
  }
  return child.exitCode ?? 128 + (child.signalCode === null ? 0 : constants.signals[child.signalCode]);
}
