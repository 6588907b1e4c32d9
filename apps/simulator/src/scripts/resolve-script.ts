import { pick } from "./choice.ts";
import { type Random, randomFrom } from "./random.ts";
import type { Playable, WrittenStep } from "./script.ts";
import { type Step, stepSchema } from "./step.ts";

/** Makes every choice of a script. The same seed makes the same ones. */
export function resolveScript({ steps }: Playable, seed: number): readonly Step[] {
  const random = randomFrom(seed);
  return steps.flatMap((step) => resolveStep(random, step));
}

function resolveStep(random: Random, { chance = 1, ...fields }: WrittenStep): readonly Step[] {
  // As many numbers are drawn for a step that is left out: the ones after it do not depend on it.
  const isPlayed = random() < Number(chance);
  const picked = Object.entries(fields).map(([field, value]) => [field, pick(random, value)]);
  return isPlayed ? [stepSchema.parse(Object.fromEntries(picked))] : [];
}
