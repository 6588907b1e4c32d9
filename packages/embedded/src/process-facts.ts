import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";

/** What tells one of our servers from a stranger that was given the same process id. */
export type ProcessFacts = { readonly parent: number; readonly workingDirectory: string | undefined };

/** Undefined when there is no such process, or only the zombie of one. */
export function factsOf(pid: number): ProcessFacts | undefined {
  try {
    return process.platform === "linux" ? readProc(pid) : askPs(pid);
  } catch {
    return undefined;
  }
}

function readProc(pid: number): ProcessFacts | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The program's name stands in parentheses and may itself hold spaces and parentheses.
  const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return describe(state, parent, () => readlinkSync(`/proc/${pid}/cwd`));
}

function askPs(pid: number): ProcessFacts | undefined {
  const [state, parent] = ask("ps", "-o", "stat=,ppid=", "-p", String(pid)).trim().split(/\s+/);
  return describe(state, parent, () => {
    const lines = ask("lsof", "-a", "-p", String(pid), "-d", "cwd", "-Fn").split("\n");
    return lines.find((line) => line.startsWith("n"))?.slice(1);
  });
}

function describe(
  state: string | undefined,
  parent: string | undefined,
  readWorkingDirectory: () => string | undefined,
): ProcessFacts | undefined {
  if (state === undefined || state.startsWith("Z") || state.startsWith("X")) return undefined;
  return { parent: Number(parent), workingDirectory: orUndefined(readWorkingDirectory) };
}

function ask(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

function orUndefined(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
