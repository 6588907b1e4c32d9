import { z } from "zod";

import type { Random } from "./random.ts";

const maximumAlternatives = 20;

const between = z
  .strictObject({ between: z.tuple([z.int(), z.int()]) })
  .refine(({ between: [low, high] }) => low <= high)
  .transform(({ between: [low, high] }) => ({
    ends: [low, high],
    pick: (part: number) => pickBetween(low, high, part),
  }));
const oneOf = z
  .strictObject({ oneOf: z.array(z.unknown()).min(1).max(maximumAlternatives) })
  .transform(({ oneOf: values }) => ({
    ends: values,
    pick: (part: number) => values[Math.floor(part * values.length)],
  }));
const choice = z.union([between, oneOf]);

/** A field as a script writes it: a value, `{"between":[low,high]}` of whole numbers, or `{"oneOf":[…]}`. */
export function pick(random: Random, field: unknown): unknown {
  const read = choice.safeParse(field);
  return read.success ? read.data.pick(random()) : field;
}

/** What a field can come to: all there is to check of it. Anything that is no choice is only itself. */
export function endsOf(field: unknown): readonly unknown[] {
  const read = choice.safeParse(field);
  return read.success ? read.data.ends : [field];
}

function pickBetween(low: number, high: number, part: number): number {
  return low + Math.floor(part * (high - low + 1));
}
