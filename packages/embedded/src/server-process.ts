import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

export type Log = (line: string) => void;

/** A server that was started; it may not answer yet, and it may have ended. */
export type ServerProcess = {
  readonly pid: number;
  readonly hasEnded: () => boolean;
  /** Its last log lines, for an error to quote. */
  readonly lastWords: () => string;
};

export type Launch = {
  readonly command: readonly string[];
  readonly directory: string;
  /** What it gets from the system when we die without having stopped it. */
  readonly signalAtOurDeath: NodeJS.Signals;
  readonly log: Log;
};

const lastWordsCount = 12;
const pollMs = 25;

/** Starts a server in a session of its own, so that Ctrl-C in the terminal reaches us alone and we stop it in order. */
export async function launch({ command, directory, signalAtOurDeath, log }: Launch): Promise<ServerProcess> {
  const [program = "", ...args] = command;
  const [first = program, ...rest] = [...dyingWithUs(signalAtOurDeath), program, ...args];
  const child = spawn(first, rest, {
    cwd: directory,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  });
  let ended = false;
  // Not at its exit: its last words may still be on their way then.
  child.once("close", () => (ended = true));
  await once(child, "spawn");

  const words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      words.push(line);
      if (words.length > lastWordsCount) words.shift();
      log(line);
    });
  }
  return {
    pid: child.pid ?? 0,
    hasEnded: () => ended,
    lastWords: () => words.join("\n"),
  };
}

/** Linux can be asked for it; elsewhere a later start clears the leftover. */
function dyingWithUs(signal: NodeJS.Signals): readonly string[] {
  const prefix = ["--pdeathsig", signal.replace("SIG", "")];
  return spawnSync("setpriv", [...prefix, "true"], { stdio: "ignore" }).status === 0 ? ["setpriv", ...prefix] : [];
}

/** Polls until the server answers. False when it ended or when time is up. */
export async function answersWithin(
  server: ServerProcess,
  patienceMs: number,
  answers: () => Promise<boolean>,
): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    if (server.hasEnded()) return false;
    if (await answers()) return true;
    await sleep(pollMs);
  }
  return false;
}
