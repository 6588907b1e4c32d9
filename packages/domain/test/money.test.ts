import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Decimal, amountsAgree, formatAmount, fromMinor, parseAmount, toMinor, totalOf } from "../src/index.ts";

/** The most that an amount may be: twelve digits of yuan and two of fen. */
const maximumMinor = 99_999_999_999_999;
const minor = fc.integer({ min: 0, max: maximumMinor });

describe("reading an amount", () => {
  test.each([
    "",
    " ",
    " 1.00",
    "1.00 ",
    "1.00\n",
    "+1.00",
    "-1.00",
    "-0.00",
    "01.00",
    "00",
    ".50",
    "1.",
    "1.000",
    "39.805",
    "1,000.00",
    "1_000",
    "1e2",
    "1E2",
    "0x10",
    "NaN",
    "Infinity",
    "39.80元",
    "¥39.80",
    "39.80CNY",
    "３９.８０",
    "٣٩",
    "39。80",
    "1.0\u0000",
    "1\u200b.00",
    "1000000000000",
    "99999999999999999999",
    "undefined",
    "null",
    "1 .00",
    "1..0",
    "1.0.0",
  ])("refuses %j", (text) => {
    expect(parseAmount(text)).toBeUndefined();
  });

  test.each([
    ["0", "0.00"],
    ["0.01", "0.01"],
    ["39.8", "39.80"],
    ["39.80", "39.80"],
    ["7", "7.00"],
    ["999999999999.99", "999999999999.99"],
  ])("takes %j as %s", (text, formatted) => {
    const amount = parseAmount(text);

    expect(amount && formatAmount(amount)).toBe(formatted);
  });

  test("takes no text that a number parser would have to guess at", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        if (parseAmount(text) !== undefined) expect(text).toMatch(/^[0-9]+(\.[0-9]{1,2})?$/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("fen and yuan", () => {
  test("survive the way there and back, to the largest amount", () => {
    fc.assert(
      fc.property(minor, (fen) => {
        const yuan = formatAmount(fromMinor(fen));
        const read = parseAmount(yuan);

        expect(read && toMinor(read)).toBe(fen);
      }),
      { numRuns: 5_000, examples: [[1990], [820], [1], [maximumMinor], [0], [29], [113], [1_005]] },
    );
  });

  test.each([
    ["19.90", 1990],
    ["8.20", 820],
    ["1.10", 110],
    ["0.29", 29],
    ["1.13", 113],
    ["4.35", 435],
  ])("%s is %i fen, where binary floating point would say otherwise", (text, fen) => {
    expect(toMinor(new Decimal(text))).toBe(fen);
  });

  test("always have whole fen", () => {
    fc.assert(
      fc.property(minor, (fen) => {
        expect(Number.isSafeInteger(toMinor(fromMinor(fen)))).toBe(true);
      }),
    );
  });
});

describe("two amounts", () => {
  test("agree exactly when they are equal in fen", () => {
    const nearby = fc.tuple(minor, fc.integer({ min: -3, max: 3 })).map(([fen, by]) => [fen, Math.max(0, fen + by)]);

    fc.assert(
      fc.property(nearby, ([left = 0, right = 0]) => {
        expect(amountsAgree(fromMinor(left), fromMinor(right))).toBe(left === right);
      }),
      { numRuns: 5_000 },
    );
  });

  test("differ when one is short by exactly the specification's 0.01", () => {
    expect(amountsAgree(new Decimal("39.79"), new Decimal("39.80"))).toBe(false);
    expect(amountsAgree(new Decimal("39.81"), new Decimal("39.80"))).toBe(false);
    expect(amountsAgree(new Decimal("39.8"), new Decimal("39.80"))).toBe(true);
  });
});

describe("a total", () => {
  const line = fc.record({
    fen: fc.integer({ min: 1, max: 10_000_000 }),
    quantity: fc.integer({ min: 1, max: 1_000 }),
  });

  test("never drifts from the sum in whole fen", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 50 }), (lines) => {
        const total = totalOf(lines.map(({ fen, quantity }) => ({ unitPrice: fromMinor(fen), quantity })));
        const sum = lines.reduce((all, { fen, quantity }) => all + BigInt(fen) * BigInt(quantity), 0n);

        expect(BigInt(toMinor(total))).toBe(sum);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is the same in any order of the lines", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const priced = lines.map(({ fen, quantity }) => ({ unitPrice: fromMinor(fen), quantity }));

        expect(totalOf(priced.toReversed()).equals(totalOf(priced))).toBe(true);
      }),
    );
  });

  test("of a hundred times 0.10 is ten yuan", () => {
    const lines = Array.from({ length: 100 }, () => ({ unitPrice: new Decimal("0.10"), quantity: 1 }));

    expect(formatAmount(totalOf(lines))).toBe("10.00");
  });

  test("of nothing is zero", () => {
    expect(formatAmount(totalOf([]))).toBe("0.00");
  });
});
