import { describe, expect, test } from "vitest";

import {
  type CaseFacts,
  type CaseMoney,
  Decimal,
  type ExceptionAction,
  type ExceptionKind,
  exceptionActions,
  exceptionKinds,
  needsSecondPerson,
  ruleCase,
  suggestAction,
} from "../src/index.ts";

const money: CaseMoney = {
  isOrdersPayment: false,
  fitsPayment: true,
  isWhole: true,
  hasLeft: true,
  canGoBack: true,
};

function facts(kind: ExceptionKind, changed: Partial<CaseFacts> = {}): CaseFacts {
  return { kind, order: "cancelled", wasPaid: false, money, hasStock: true, canAsk: true, ...changed };
}

function allowed(given: CaseFacts): ExceptionAction[] {
  return exceptionActions.filter((action) => ruleCase(given, action).kind === "allowed");
}

describe("with everything in its favour, a case", () => {
  test.each<[ExceptionKind, Partial<CaseFacts>, ExceptionAction[]]>([
    ["late_payment", {}, ["revive", "refund", "write_off"]],
    ["surplus_payment", { order: "paid" }, ["refund", "write_off"]],
    ["amount_mismatch", { order: "pending" }, ["apply", "refund", "write_off"]],
    ["amount_mismatch", {}, ["apply", "refund", "write_off"]],
    ["unmatched_payment", { order: undefined }, ["apply", "refund", "write_off"]],
    ["refund_unknown", {}, ["apply", "refund", "write_off"]],
    ["refund_failed", {}, ["apply", "refund", "write_off"]],
    ["unknown_status", { money: undefined }, ["apply", "write_off"]],
    ["gateway_unreachable", { money: undefined }, ["apply", "write_off"]],
    ["invariant_broken", { money: undefined }, ["write_off"]],
  ])("of %s %j allows %j", (kind, changed, actions) => {
    expect(allowed(facts(kind, changed))).toEqual(actions);
  });

  test.each(exceptionKinds.map((kind) => [kind]))(
    "of %s can always be written off, and nothing else is sure",
    (kind) => {
      const nothing = facts(kind, { order: undefined, money: undefined, hasStock: false, canAsk: false });

      expect(allowed(nothing)).toEqual(["write_off"]);
      expect(suggestAction(nothing)).toBe("write_off");
    },
  );
});

describe("late money", () => {
  test("whose pieces are sold is told so, and to be sent back", () => {
    const given = facts("late_payment", { hasStock: false });

    expect(ruleCase(given, "revive")).toEqual({ kind: "out_of_stock" });
    expect(suggestAction(given)).toBe("refund");
  });

  test("whose pieces are sold and whose gateway is not called can only be written off", () => {
    expect(suggestAction(facts("late_payment", { hasStock: false, money: { ...money, canGoBack: false } }))).toBe(
      "write_off",
    );
  });

  test.each<[string, Partial<CaseFacts>]>([
    ["whose order is paid by other money", { order: "paid" }],
    ["whose order was paid and cancelled with its refund", { wasPaid: true }],
    ["that is partly back", { money: { ...money, isWhole: false } }],
    ["that pays an order already", { money: { ...money, isOrdersPayment: true } }],
    ["that is not its payment's", { money: { ...money, fitsPayment: false } }],
  ])("%s revives nothing", (_, changed) => {
    expect(ruleCase(facts("late_payment", changed), "revive")).toEqual({ kind: "not_allowed" });
  });
});

describe("money that is not the case's to move", () => {
  test("is not refunded through it when it pays an order", () => {
    const given = facts("surplus_payment", { order: "paid", money: { ...money, isOrdersPayment: true } });

    expect(allowed(given)).toEqual(["write_off"]);
    expect(ruleCase(given, "write_off")).toEqual({ kind: "allowed", effect: "closes_case" });
  });

  test("is not refunded twice", () => {
    expect(allowed(facts("surplus_payment", { money: { ...money, isWhole: false, hasLeft: false } }))).toEqual([
      "write_off",
    ]);
  });

  test("goes back once more when it pays an order whose refund failed", () => {
    const given = facts("refund_failed", { order: "paid", money: { ...money, isOrdersPayment: true } });

    expect(ruleCase(given, "refund")).toEqual({ kind: "allowed", effect: "refunds_rest" });
  });
});

test("unmatched money fits no order that is paid, and none in another currency", () => {
  expect(ruleCase(facts("unmatched_payment", { order: "paid" }), "apply")).toEqual({ kind: "not_allowed" });
  expect(
    ruleCase(facts("unmatched_payment", { order: "pending", money: { ...money, fitsPayment: false } }), "apply"),
  ).toEqual({ kind: "not_allowed" });
});

test.each([
  ["5000.00", "5000.00", false],
  ["5000.01", "5000.00", true],
  ["0.01", "0", true],
  ["0.00", "0.00", true],
])("%s yuan at a limit of %s need a second person: %s", (amount, limit, needed) => {
  expect(needsSecondPerson(new Decimal(amount), new Decimal(limit))).toBe(needed);
});
