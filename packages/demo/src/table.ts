import { styleText } from "node:util";

import Table from "cli-table3";

import type { Facts, PlayedStep } from "./story-step.ts";

export type Style = { readonly colors: boolean; readonly columns: number };

/** Narrower terminals break lines by themselves; wider ones gain nothing. */
const narrowest = 100;
const widest = 150;
const numberColumns = 4;
const okColumns = 5;
const borders = 6;
const stepShare = 0.26;

/** The story as a table: what was done, how it should stand, how it does. */
export function renderTable(steps: readonly PlayedStep[], { colors, columns }: Style): string {
  const paint = painter(colors);
  const left = Math.min(Math.max(columns, narrowest), widest) - numberColumns - okColumns - borders;
  const stepColumns = Math.floor(left * stepShare);
  const factsColumns = Math.floor((left - stepColumns) / 2);
  const table = new Table({
    head: ["#", "Step", "Expected", "Seen", "OK"].map((word) => paint("bold", word)),
    style: { head: [], border: colors ? ["gray"] : [] },
    colWidths: [numberColumns, stepColumns, factsColumns, factsColumns, okColumns],
    colAligns: ["right", "left", "left", "left", "center"],
    wordWrap: true,
  });
  for (const [index, { title, done, expected, seen, ok }] of steps.entries()) {
    table.push([
      index + 1,
      `${paint("bold", title)}\n${done}`,
      factLines(expected, seen, (line) => line),
      factLines(seen, expected, (line) => paint("red", line)),
      ok ? paint("green", "yes") : paint("red", "NO"),
    ]);
  }
  return table.toString();
}

/** One fact a line; one that stands otherwise than `other` says is marked. */
function factLines(facts: Facts, other: Facts, mark: (line: string) => string): string {
  return Object.entries(facts)
    .map(([name, text]) => (other[name] === text ? `${name}: ${text}` : mark(`${name}: ${text}`)))
    .join("\n");
}

/** The story in a sentence. */
export function summarise(steps: readonly PlayedStep[], durationMs: number, { colors }: Pick<Style, "colors">): string {
  const paint = painter(colors);
  const wrong = steps.filter(({ ok }) => !ok);
  const seconds = (durationMs / 1000).toFixed(1);
  if (wrong.length === 0) {
    return paint("green", `All ${steps.length} steps are as they should be, in ${seconds} s.`);
  }
  const titles = wrong.map(({ title }) => title).join(", ");
  return paint(
    "red",
    `${wrong.length} of ${steps.length} steps are not as they should be, in ${seconds} s: ${titles}.`,
  );
}

function painter(colors: boolean) {
  return (format: "bold" | "green" | "red", text: string): string =>
    colors ? styleText(format, text, { validateStream: false }) : text;
}
