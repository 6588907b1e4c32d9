import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { findOnPath } from "../src/index.ts";

/**
 * Leaves a running PostgreSQL in the directory whose starter was killed with -9, and answers its process id. The
 * starter sees a PATH without setpriv, so that the server is not told of the death, as on a Mac.
 */
export async function leaveOrphan(directory: string, onItsWay: (pid: number) => void = () => undefined) {
  const programs = join(directory, "programs");
  mkdirSync(programs);
  for (const name of ["sh", "unshare"]) {
    const path = findOnPath(name);
    if (path !== undefined) symlinkSync(path, join(programs, name));
  }
  const orphan = await killStarter(directory, { ...process.env, PATH: programs }, onItsWay);
  endWithTest(orphan);
  return orphan;
}

/** Also when the test itself is killed halfway, no orphan of its making may stay on the machine. */
function endWithTest(orphan: number): void {
  const script = 'while kill -0 "$0" 2>/dev/null; do sleep 0.2; done; kill -9 "$1"';
  const watch = spawn("sh", ["-c", script, String(process.pid), String(orphan)], { detached: true, stdio: "ignore" });
  watch.unref();
  onTestFinished(() => void watch.kill("SIGKILL"));
}

/** Starts PostgreSQL from a process of its own, kills that with -9, and answers the server's process id. */
export async function killStarter(
  directory: string,
  environment: NodeJS.ProcessEnv,
  beforeItDies: (pid: number) => void = () => undefined,
): Promise<number> {
  const starter = spawn(process.execPath, [fileURLToPath(new URL("starter.ts", import.meta.url)), directory], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(starter.stdout, "data");
  const pid = Number(said);
  beforeItDies(pid);
  starter.kill("SIGKILL");
  await once(starter, "exit");
  return pid;
}
