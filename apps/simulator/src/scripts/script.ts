import { z } from "zod";

import { endsOf } from "./choice.ts";
import { stepSchema } from "./step.ts";

const maximumSteps = 50;
const maximumTitle = 60;
const maximumWhat = 300;
export const maximumSeed = 4_294_967_295;

const seed = z.int().min(0).max(maximumSeed);
const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "must be 1–40 of a-z 0-9 -, a letter first");

function inBoth(maximum: number) {
  const text = z.string().min(1).max(maximum);
  return z.strictObject({ zh: text, en: text });
}

/**
 * A step as it is written: each field a value or a choice, and `chance` where it is not always played. Whatever a
 * choice can come to is checked here, so that no seed finds a mistake later.
 */
const writtenStep = z.record(z.string(), z.unknown()).superRefine(({ chance, ...fields }, context) => {
  if (chance !== undefined && !z.number().min(0).max(1).safeParse(chance).success) {
    context.addIssue({ code: "custom", path: ["chance"], message: "must be a number from 0 to 1" });
  }
  for (const { path, message } of mistakesOf(fields)) context.addIssue({ code: "custom", path, message });
});

export type WrittenStep = z.infer<typeof writtenStep>;

const steps = z.array(writtenStep).min(1).max(maximumSteps).superRefine(checkHeld);

/** A script's file. */
export const scriptSchema = z.strictObject({
  name,
  /** What a tester chooses it by. */
  title: inBoth(maximumTitle),
  /** What will happen, in one sentence. */
  what: inBoth(maximumWhat),
  /** Without one every run has a seed of its own. */
  seed: seed.optional(),
  steps,
});

/** A script that comes with the request to run it. */
const inlineScript = scriptSchema.partial({ title: true, what: true }).extend({ name: name.default("inline") });

export const runAskedSchema = z.strictObject({ script: z.union([name, inlineScript]), seed: seed.optional() });

export type Script = Readonly<z.infer<typeof scriptSchema>>;
/** All that running it needs. */
export type Playable = Readonly<Pick<Script, "name" | "steps"> & { readonly seed?: number | undefined }>;

type Mistake = { readonly path: PropertyKey[]; readonly message: string };

/** Each once: with every field at its first value, and with each field at each of its values. */
function mistakesOf(fields: Readonly<Record<string, unknown>>): readonly Mistake[] {
  const first = Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, endsOf(value)[0]]));
  const variants = Object.entries(fields).flatMap(([field, value]) =>
    endsOf(value).map((end) => ({ ...first, [field]: end })),
  );
  const mistakes = new Map<string, Mistake>();
  for (const variant of [first, ...variants]) {
    for (const { path, message } of stepSchema.safeParse(variant).error?.issues ?? []) {
      mistakes.set(`${path.join(".")}: ${message}`, { path, message });
    }
  }
  return [...mistakes.values()];
}

function checkHeld(written: readonly WrittenStep[], context: z.RefinementCtx): void {
  const held = new Set<unknown>();
  for (const [index, step] of written.entries()) {
    if (step["do"] === "send" && !held.has(step["held"])) {
      context.addIssue({
        code: "custom",
        path: [index, "held"],
        message: "no earlier step holds a notice of this name",
      });
    }
    if (step["hold"] === undefined) continue;
    if (held.has(step["hold"])) {
      context.addIssue({ code: "custom", path: [index, "hold"], message: "another step holds a notice of this name" });
    }
    held.add(step["hold"]);
  }
}
