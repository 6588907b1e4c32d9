import { setTimeout as sleep } from "node:timers/promises";

import type { PaymentName } from "../calls/armed.ts";
import type { RunDeps, RunFailure } from "./run.ts";
import type { Wait } from "./step.ts";

const pollMs = 25;

type Waited = RunFailure | undefined;

/**
 * Waits for what a step comes after. Answers why there is nothing more to wait for, if so.
 *
 * @throws AbortError when the run ends first: its limit bounds every wait.
 */
export async function waitFor(
  deps: RunDeps,
  name: PaymentName,
  after: Wait | undefined,
  signal: AbortSignal,
): Promise<Waited> {
  if (after === undefined) return undefined;
  if (typeof after === "number") {
    await sleep((after * 1000) / deps.speed, undefined, { signal });
    return undefined;
  }
  let seen = look(deps, name, after);
  while (seen === "not_yet") {
    await sleep(pollMs, undefined, { signal });
    seen = look(deps, name, after);
  }
  return seen;
}

function look({ book, now }: RunDeps, name: PaymentName, after: "expiry" | "close" | "open"): Waited | "not_yet" {
  const payment = book.find(name.provider, name.outTradeNo)?.payment;
  if (payment === undefined) return "not_yet";
  if (after === "open") return undefined;
  if (after === "expiry") return now().getTime() >= Date.parse(payment.expiresAt) ? undefined : "not_yet";
  if (payment.standing.status === "SUCCESS") return "already_paid";
  return payment.standing.status === "CLOSED" ? undefined : "not_yet";
}
