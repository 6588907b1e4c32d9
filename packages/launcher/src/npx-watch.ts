import { readFileSync } from "node:fs";

const pollMs = 500;
const maximumGenerations = 8;

/**
 * Calls when the npx that we run under is gone. Ended by a signal it takes only its own shell along: pnpm would stay
 * behind as an orphan, and so would we. Only where there is /proc; elsewhere, and under no npx, nothing is watched.
 */
export function whenNpxIsGone(call: () => void): void {
  const npx = ancestors().find(isNpx);
  if (npx === undefined) return;
  const timer = setInterval(() => {
    if (ancestors().includes(npx)) return;
    clearInterval(timer);
    call();
  }, pollMs);
  timer.unref();
}

function ancestors(): readonly number[] {
  const found: number[] = [];
  let pid = process.ppid;
  while (pid > 1 && found.length < maximumGenerations) {
    found.push(pid);
    pid = parentOf(pid);
  }
  return found;
}

/** npm gives its process this title. */
function isNpx(pid: number): boolean {
  return read(pid, "cmdline").startsWith("npm exec");
}

function parentOf(pid: number): number {
  const stat = read(pid, "stat");
  // The program's name stands in parentheses and may itself hold spaces and parentheses.
  const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(parent ?? 0);
}

function read(pid: number, file: "cmdline" | "stat"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
