import { describe, expect, test } from "vitest";

import {
  Decimal,
  type RefundState,
  isUnderWay,
  keepsReserve,
  refundMachine,
  refundNoticeStatuses,
  refundStates,
  ruleRefund,
  secondsBetweenAsks,
} from "../src/index.ts";

const of = (status: RefundState) => ({ status, amount: new Decimal("10.00"), currency: "CNY" });

describe("what a gateway says of a refund", () => {
  test("never lowers one that has succeeded, whatever it says", () => {
    for (const status of refundNoticeStatuses) expect(ruleRefund(of("succeeded"), { status }).kind).not.toBe("move");
  });

  test("takes a success back only as a contradiction that a person looks at", () => {
    expect(ruleRefund(of("succeeded"), { status: "refund_failed" })).toEqual({ kind: "contradiction" });
    expect(ruleRefund(of("succeeded"), { status: "refund_closed" })).toEqual({ kind: "contradiction" });
    expect(ruleRefund(of("succeeded"), { status: "refund_abnormal" })).toEqual({ kind: "outranked" });
  });

  test("of another amount or currency moves nothing", () => {
    const status = "refund_succeeded";
    expect(ruleRefund(of("created"), { status, amount: new Decimal("10.01") })).toEqual({ kind: "amount_differs" });
    expect(ruleRefund(of("created"), { status, currency: "USD" })).toEqual({ kind: "amount_differs" });
    const less = { status, amount: new Decimal("9.99"), isRunningTotal: true } as const;
    expect(ruleRefund(of("created"), less)).toEqual({ kind: "amount_differs" });
  });

  test("in a word that it does not document is a puzzle", () => {
    expect(ruleRefund(of("created"), { status: "unknown" })).toEqual({ kind: "puzzle" });
  });

  test("as success raises every other state", () => {
    for (const state of refundStates.filter((one) => one !== "succeeded")) {
      expect(ruleRefund(of(state), { status: "refund_succeeded" })).toEqual({ kind: "move", to: "succeeded" });
    }
  });

  test("of the same fact again is a repeat", () => {
    expect(ruleRefund(of("processing"), { status: "refund_processing" })).toEqual({ kind: "repeat" });
    expect(ruleRefund(of("failed"), { status: "refund_closed" })).toEqual({ kind: "repeat" });
    expect(ruleRefund(of("failed"), { status: "refund_processing" })).toEqual({ kind: "outranked" });
  });
});

describe("a refund", () => {
  test("keeps its amount reserved in every state but the two that are final", () => {
    expect(refundStates.filter(keepsReserve)).toEqual(["created", "processing", "unknown", "abnormal"]);
    expect(refundStates.filter(isUnderWay)).toEqual(["created", "processing", "unknown"]);
  });

  test("never falls back to being under way once its gateway has said how it ended", () => {
    for (const from of ["abnormal", "failed", "succeeded"] as const) {
      expect(Object.values(refundMachine[from]).filter(isUnderWay)).toEqual([]);
    }
  });

  test("is asked about ever more seldom, and hourly in the end", () => {
    expect([...secondsBetweenAsks].toSorted((left, right) => left - right)).toEqual([...secondsBetweenAsks]);
    expect(secondsBetweenAsks.at(-1)).toBe(3_600);
  });
});
