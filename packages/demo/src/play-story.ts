import { setTimeout as sleep } from "node:timers/promises";

import { type Facts, type PlayedStep, type Step, agree } from "./story-step.ts";

/** Callbacks are settled behind the acknowledgement: each step gets so long to come to rest. */
const patienceMs = 10_000;
const pollMs = 50;

/** Plays the steps one after the other. A step that goes wrong is told, and the story goes on. */
export async function playStory(
  steps: readonly Step[],
  onStep: (step: Pick<Step, "title">) => void,
): Promise<readonly PlayedStep[]> {
  const played: PlayedStep[] = [];
  for (const step of steps) {
    onStep(step);
    played.push(await playStep(step, { patienceMs, pollMs }));
  }
  return played;
}

export type Patience = { readonly patienceMs: number; readonly pollMs: number };

/** Looks until everything stands as expected; what is seen last counts. */
export async function playStep(step: Step, patience: Patience): Promise<PlayedStep> {
  const { title, done, expected } = step;
  const seen = await attempt(step, patience);
  return { title, done, expected, seen, ok: agree(expected, seen) };
}

async function attempt({ play, expected }: Step, patience: Patience): Promise<Facts> {
  try {
    const look = await play();
    const deadline = performance.now() + patience.patienceMs;
    for (;;) {
      const seen = await look();
      if (agree(expected, seen) || performance.now() >= deadline) return seen;
      await sleep(patience.pollMs);
    }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
