import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export type Found = { readonly pid: number; readonly command: string };

/** Every living process that was given this data directory or works in it. Needs /proc. */
export function processesOf(directory: string): readonly Found[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .map((pid) => ({ pid, command: read(pid, "cmdline"), environment: read(pid, "environ") }))
    .filter(({ command, environment }) => command.includes(directory) || environment.includes(directory))
    .map(({ pid, command }) => ({ pid, command: command.replaceAll("\0", " ").trim() }));
}

/** Waits until none is left; answers those that still are. */
export async function leftovers(directory: string, patienceMs: number): Promise<readonly Found[]> {
  const deadline = performance.now() + patienceMs;
  while (processesOf(directory).length > 0 && performance.now() < deadline) await sleep(50);
  return processesOf(directory);
}

/** Empty for a process that is gone, and for a zombie. */
function read(pid: number, file: "cmdline" | "environ"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
