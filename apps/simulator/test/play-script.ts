import { z } from "zod";

import type { Run } from "../src/scripts/run.ts";
import type { World } from "./harness.ts";

const pollMs = 5;
const patienceMs = 10_000;

/** Starts a script, by name or whole, with a payment of `mock`. */
export function startScript(world: World, outTradeNo: string, body: object): Promise<Response> {
  return fetch(`${world.simulator.url}/control/mock/payments/${outTradeNo}/script`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

export async function lookAtRun(world: World, id: string): Promise<Run> {
  const response = await fetch(`${world.simulator.url}/control/runs/${id}`);
  return runOf(response);
}

/** Plays a script to its end. */
export async function playScript(world: World, outTradeNo: string, body: object): Promise<Run> {
  const response = await startScript(world, outTradeNo, body);
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
  return endOf(world, (await runOf(response)).id);
}

export async function runOf(response: Response): Promise<Run> {
  return z.object({ run: z.custom<Run>() }).parse(await response.json()).run;
}

export async function endOf(world: World, id: string): Promise<Run> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const run = await lookAtRun(world, id);
    if (run.progress.state !== "running") return run;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${JSON.stringify(run)}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
