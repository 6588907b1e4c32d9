import { randomInt, randomUUID } from "node:crypto";

import type { Logger } from "@zhanggui/runtime";

import type { PaymentName } from "../calls/armed.ts";
import { carryOut } from "./carry-out.ts";
import { resolveScript } from "./resolve-script.ts";
import type { Held, Run, RunDeps, RunState, StepProgress } from "./run.ts";
import { type Playable, maximumSeed } from "./script.ts";
import type { Step } from "./step.ts";
import { waitFor } from "./wait.ts";

const maximumRunning = 16;
/** Beyond these the oldest that ended are forgotten. */
const maximumRemembered = 100;
const longestRunMs = 2 * 60 * 60 * 1000;

export type RunAsked = PaymentName & { readonly script: Playable; readonly seed?: number | undefined };

export type RunRefusal = "payment_not_found" | "script_running" | "too_many_runs";

export type Starting =
  | { readonly kind: "refused"; readonly why: RunRefusal }
  /** `ended` comes with the run's end, whichever it is. */
  | { readonly kind: "started"; readonly run: Run; readonly ended: Promise<unknown> };

/** The scripts that are being played, and the last ones that were. In memory alone: a restart ends them. */
export type Runs = {
  readonly start: (asked: RunAsked) => Starting;
  readonly find: (id: string) => Run | undefined;
  /** The last one of a payment. */
  readonly latestOf: (payment: PaymentName) => Run | undefined;
  readonly stop: (id: string) => Run | undefined;
  readonly stopAll: () => Promise<void>;
};

type Entry = {
  readonly stopping: AbortController;
  run: Run;
  ended: Promise<void>;
};

export function openRuns(deps: RunDeps & { readonly logger: Logger }): Runs {
  const entries = new Map<string, Entry>();
  const running = () => [...entries.values()].filter(({ run }) => run.progress.state === "running");

  function refusalOf(asked: RunAsked, steps: readonly Step[]): RunRefusal | undefined {
    const folder = deps.book.find(asked.provider, asked.outTradeNo);
    if (!folder && !(deps.played.has(asked.provider) && canComeFirst(steps))) return "payment_not_found";
    if (running().some(({ run }) => isSame(run, asked))) return "script_running";
    return running().length >= maximumRunning ? "too_many_runs" : undefined;
  }

  function forgetOldest(): void {
    for (const [id, { run }] of entries) {
      if (entries.size <= maximumRemembered) return;
      if (run.progress.state !== "running") entries.delete(id);
    }
  }

  return {
    start(asked) {
      const seed = asked.seed ?? asked.script.seed ?? randomInt(maximumSeed);
      const steps = resolveScript(asked.script, seed);
      const why = refusalOf(asked, steps);
      if (why !== undefined) return { kind: "refused", why };

      const { provider, outTradeNo } = asked;
      const run: Run = {
        id: `run_${randomUUID()}`,
        provider,
        outTradeNo,
        script: asked.script.name,
        seed,
        startedAt: deps.now().toISOString(),
        progress: { state: "running" },
        steps: steps.map((step): StepProgress => ({ ...step, state: "to_come" })),
      };
      const entry: Entry = { run, stopping: new AbortController(), ended: Promise.resolve() };
      entries.set(run.id, entry);
      forgetOldest();
      deps.logger.info({ runId: run.id, provider, outTradeNo, script: run.script, seed }, "script started");
      entry.ended = playSteps(deps, entry, steps);
      return { kind: "started", run: entry.run, ended: entry.ended };
    },
    find: (id) => entries.get(id)?.run,
    latestOf: (payment) => [...entries.values()].findLast(({ run }) => isSame(run, payment))?.run,
    stop(id) {
      const entry = entries.get(id);
      if (entry?.run.progress.state === "running") {
        entry.run = { ...entry.run, progress: { state: "stopped" } };
        entry.stopping.abort();
      }
      return entry?.run;
    },
    async stopAll() {
      for (const { stopping } of entries.values()) stopping.abort();
      await Promise.allSettled([...entries.values()].map(({ ended }) => ended));
    },
  };
}

function isSame(run: Run, { provider, outTradeNo }: PaymentName): boolean {
  return run.provider === provider && run.outTradeNo === outTradeNo;
}

/** Whether a script can start before its payment was opened: it waits for that before it does anything to it. */
function canComeFirst(steps: readonly Step[]): boolean {
  const opening = steps.findIndex(({ after }) => after === "open");
  return (
    opening >= 0 && steps.slice(0, opening).every((step) => step.do === "answer" && typeof step.after !== "string")
  );
}

/** One step after the other; the entry shows how far it came. */
async function playSteps(deps: RunDeps & { readonly logger: Logger }, entry: Entry, steps: readonly Step[]) {
  const signal = AbortSignal.any([entry.stopping.signal, AbortSignal.timeout(longestRunMs)]);
  const held: Held = new Map();
  try {
    for (const [index, step] of steps.entries()) {
      note(entry, index, { state: "waiting" });
      const inVain = await waitFor(deps, entry.run, step.after, signal);
      if (inVain !== undefined) {
        end(entry, { state: "failed", why: inVain });
        return;
      }
      signal.throwIfAborted();
      const outcome = await carryOut(deps, entry.run, step, held);
      note(entry, index, { state: outcome.why === undefined ? "done" : "refused", ...outcome });
    }
    end(entry, { state: "done" });
  } catch (error) {
    if (entry.stopping.signal.aborted) {
      end(entry, { state: "stopped" });
    } else if (signal.aborted) {
      end(entry, { state: "failed", why: "took_too_long" });
    } else {
      deps.logger.error({ err: error, runId: entry.run.id }, "script failed");
      end(entry, { state: "failed", why: "internal_error" });
    }
  }
}

function note(entry: Entry, at: number, outcome: Omit<StepProgress, keyof Step>): void {
  const steps = entry.run.steps.map((step, index) => (index === at ? { ...step, ...outcome } : step));
  entry.run = { ...entry.run, steps };
}

/** A run that was stopped stays so. */
function end(entry: Entry, progress: RunState): void {
  if (entry.run.progress.state === "running") entry.run = { ...entry.run, progress };
}
