import { randomBytes } from "node:crypto";

import { openCashier, playedProviders } from "./buyer.ts";
import { playStory } from "./play-story.ts";
import { openShop } from "./shop.ts";
import { product, tellStory } from "./story.ts";
import type { PlayedStep } from "./story-step.ts";
import type { System } from "./system.ts";

export type Told = { readonly steps: readonly PlayedStep[]; readonly sku: string; readonly durationMs: number };

/** Plays the story with a product of its own, so that the stock is known to the piece whatever else is going on. */
export async function runDemo(system: System, onStep: (title: string) => void): Promise<Told> {
  const startedAt = performance.now();
  const sku = `demo-${Date.now().toString(36)}${randomBytes(2).toString("hex")}`;
  const shop = await openShop(system, sku);
  await shop.putProduct(product);
  const others = (await playedProviders(system)).filter((provider) => provider !== system.provider);
  const story = tellStory(shop, openCashier(system), others);
  const steps = await playStory(story, ({ title }) => onStep(title));
  return { steps, sku, durationMs: performance.now() - startedAt };
}
