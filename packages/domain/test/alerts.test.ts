import { describe, expect, test } from "vitest";

import { type ToldAlert, isAtLeast, whyTell } from "../src/index.ts";

const told: ToldAlert = {
  state: "firing",
  severity: "warning",
  mark: "exc_1",
  toldSecondsAgo: 0,
  isAcknowledged: false,
};
const found = { severity: "warning", mark: "exc_1" } as const;
const repeatSeconds = 14_400;

describe("people are told", () => {
  test.each([
    ["when it begins", undefined, found, "firing"],
    ["when it begins once more", { ...told, state: "resolved" as const }, found, "firing"],
    ["not again while they know", { ...told, toldSecondsAgo: 14_399 }, found, undefined],
    ["again when it lasts", { ...told, toldSecondsAgo: 14_400 }, found, "repeat"],
    [
      "not again once somebody looks after it",
      { ...told, toldSecondsAgo: 1e6, isAcknowledged: true },
      found,
      undefined,
    ],
    ["of more, but not at once", { ...told, toldSecondsAgo: 599 }, { ...found, mark: "exc_2" }, undefined],
    ["of more, some minutes later", { ...told, toldSecondsAgo: 600 }, { ...found, mark: "exc_2" }, "more"],
    [
      "of more although somebody looks after it",
      { ...told, toldSecondsAgo: 600, isAcknowledged: true },
      { ...found, mark: "exc_2" },
      "more",
    ],
    ["not of less", { ...told, toldSecondsAgo: 600 }, { ...found, mark: "exc_0" }, undefined],
    ["at once when it gets worse", told, { ...found, severity: "critical" as const }, "more"],
    ["not when it gets milder", { ...told, severity: "critical" as const }, found, undefined],
  ])("%s", (_, known, finding, event) => {
    expect(whyTell(known, finding, repeatSeconds)).toBe(event);
  });

  test("of what is severe enough", () => {
    expect(isAtLeast("critical", "warning")).toBe(true);
    expect(isAtLeast("warning", "warning")).toBe(true);
    expect(isAtLeast("warning", "critical")).toBe(false);
  });
});
