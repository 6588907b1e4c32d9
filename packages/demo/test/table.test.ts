import { stripVTControlCharacters } from "node:util";

import { expect, test } from "vitest";

import { statuses } from "../src/story.ts";
import { type PlayedStep, agree } from "../src/story-step.ts";
import { playStep } from "../src/play-story.ts";
import { renderTable, summarise } from "../src/table.ts";

const right: PlayedStep = {
  title: "Pay 支付",
  done: "The buyer pays",
  expected: { order: "paid", stock: "98 free" },
  seen: { order: "paid", stock: "98 free" },
  ok: true,
};
const wrong: PlayedStep = { ...right, title: "Expire", seen: { order: "pending", stock: "98 free" }, ok: false };
const plain = { colors: false, columns: 120 };

test("a fact that differs, is missing or is too many does not agree", () => {
  expect(agree({ order: "paid" }, { order: "pending" })).toBe(false);
  expect(agree({ order: "paid" }, {})).toBe(false);
  expect(agree({ order: "paid" }, { order: "paid", exceptions: "late_payment" })).toBe(false);
  expect(agree({ order: "paid" }, { order: "paid" })).toBe(true);
});

test("a step that comes to rest late counts as right, one that never does shows what was seen last", async () => {
  const seen = ["pending", "pending", "paid"];
  const step = {
    title: "Pay",
    done: "The buyer pays",
    expected: { order: "paid" },
    play: async () => async () => ({ order: seen.shift() ?? "lost" }),
  };

  expect(await playStep(step, { patienceMs: 1_000, pollMs: 1 })).toMatchObject({ ok: true, seen: { order: "paid" } });
  expect(await playStep(step, { patienceMs: 5, pollMs: 1 })).toMatchObject({ ok: false, seen: { order: "lost" } });
});

test("a step that breaks is told and does not end the story", async () => {
  const step = {
    title: "Pay",
    done: "The buyer pays",
    expected: { order: "paid" },
    play: () => Promise.reject(new Error("the cashier is closed")),
  };

  expect(await playStep(step, { patienceMs: 5, pollMs: 1 })).toMatchObject({
    ok: false,
    seen: { error: "the cashier is closed" },
  });
});

test("every line of the table is as wide as the others, Chinese counted twice", () => {
  const lines = renderTable([right, wrong], plain).split("\n");

  expect(new Set(lines.map(columnsOf)).size).toBe(1);
  expect(columnsOf(lines[0] ?? "")).toBeLessThanOrEqual(plain.columns);
});

test("colours are there only when they are wanted, and mark what differs", () => {
  expect(renderTable([wrong], plain)).toBe(stripVTControlCharacters(renderTable([wrong], plain)));
  expect(renderTable([wrong], { ...plain, colors: true })).toContain("\u001B[31morder: pending");
});

test("the summary names the steps that went wrong", () => {
  expect(summarise([right, right], 8_412, plain)).toBe("All 2 steps are as they should be, in 8.4 s.");
  expect(summarise([right, wrong], 8_412, plain)).toBe("1 of 2 steps are not as they should be, in 8.4 s: Expire.");
});

test("statuses are counted", () => {
  expect(statuses([200, 200, 401, 0])).toBe("200 ×2, 401 ×1, no answer ×1");
});

function columnsOf(line: string): number {
  return [...line].reduce((columns, letter) => columns + (/\p{Script=Han}/u.test(letter) ? 2 : 1), 0);
}
