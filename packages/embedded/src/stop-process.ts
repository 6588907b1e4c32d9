import { setTimeout as sleep } from "node:timers/promises";
import { factsOf } from "./process-facts.ts";

/** One demand in a row of ever ruder ones, and how long it is given. */
export type Demand = { readonly signal: NodeJS.Signals; readonly patienceMs: number };

const pollMs = 20;

/** Sends one signal after the other until the process is gone. The last should be SIGKILL, which nothing survives. */
export async function stopProcess(pid: number, demands: readonly Demand[]): Promise<void> {
  for (const { signal, patienceMs } of demands) {
    if (!send(pid, signal)) return;
    if (await isGoneWithin(pid, patienceMs)) return;
  }
  throw new Error(`Process ${pid} cannot be stopped: end it by hand.`);
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

async function isGoneWithin(pid: number, patienceMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
    if (!factsOf(pid)) return true;
    await sleep(pollMs);
  }
  return factsOf(pid) === undefined;
}
