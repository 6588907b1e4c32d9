import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { ask } from "./http.ts";
import type { Action, Payment } from "./shop.ts";
import type { System } from "./system.ts";

/** Longer than any script of the story waits. */
const scriptPatienceMs = 20_000;
const pollMs = 50;
const visitLimitMs = 10_000;

const delivery = z.object({ answer: z.looseObject({ status: z.int().optional() }).optional() });
const step = z.looseObject({ do: z.string(), why: z.string().optional(), deliveries: z.array(delivery).default([]) });
const runSchema = z.object({
  run: z.object({
    id: z.string(),
    progress: z.object({ state: z.string(), why: z.string().optional() }),
    steps: z.array(step),
  }),
});
const providersSchema = z.object({ providers: z.array(z.object({ provider: z.string() })) });

type Run = z.infer<typeof runSchema>["run"];

/** The gateways as the buyer, and whoever else sends callbacks, meets them. */
export type Cashier = {
  /** Plays one of the simulator's scripts to its end. Answers the HTTP status that each first delivery got. */
  readonly play: (payment: Payment, script: string) => Promise<readonly number[]>;
  /** Leads the buyer's browser on, for gateways that only hear of a payment from it. */
  readonly visit: (action: Action) => Promise<void>;
};

export function openCashier({ simulatorUrl }: System): Cashier {
  const urlOf = ({ provider, outTradeNo }: Payment) => `${simulatorUrl}/control/${provider}/payments/${outTradeNo}`;
  return {
    play: async (payment, script) => {
      const started = await ask({ method: "POST", url: `${urlOf(payment)}/script`, body: { script } }, runSchema);
      const run = await endOf(simulatorUrl, started.run.id);
      const refused = run.steps.find(({ why }) => why !== undefined);
      if (run.progress.state !== "done" || refused !== undefined) {
        throw new Error(`script ${script} ${run.progress.state}: ${refused?.why ?? run.progress.why ?? "no reason"}`);
      }
      return run.steps.flatMap(({ deliveries }) => deliveries.map(({ answer }) => answer?.status ?? 0));
    },
    visit: async ({ type, url, fields }) => {
      if (url === undefined || !/^https?:/.test(url) || type === "qr") return;
      const form = type === "form" ? { method: "POST", body: new URLSearchParams(fields) } : {};
      await fetch(url, { ...form, redirect: "manual", signal: AbortSignal.timeout(visitLimitMs) });
    },
  };
}

/** The providers whose gateways the simulator plays. */
export async function playedProviders({ simulatorUrl }: System): Promise<readonly string[]> {
  const { providers } = await ask({ method: "GET", url: `${simulatorUrl}/control/providers` }, providersSchema);
  return providers.map(({ provider }) => provider);
}

async function endOf(simulatorUrl: string, id: string): Promise<Run> {
  const deadline = performance.now() + scriptPatienceMs;
  for (;;) {
    const { run } = await ask({ method: "GET", url: `${simulatorUrl}/control/runs/${id}` }, runSchema);
    if (run.progress.state !== "running" || performance.now() >= deadline) return run;
    await sleep(pollMs);
  }
}
