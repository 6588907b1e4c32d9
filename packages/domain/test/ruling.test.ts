import { describe, expect, test } from "vitest";
import {
  Decimal,
  type Notice,
  type OrderState,
  type PaymentFacts,
  type PaymentState,
  type Ruling,
  orderStates,
  paymentStates,
  refundNoticeStatuses,
  rule,
} from "../src/index.ts";

const orderStatuses = Object.keys(orderStates) as OrderState[];
const paymentStatuses = Object.keys(paymentStates) as PaymentState[];
const unpaidStatuses = paymentStatuses.filter((status) => status !== "succeeded");

const mine = "T1";

function paymentThatIs(status: PaymentState): PaymentFacts {
  return {
    status,
    amount: new Decimal("39.80"),
    currency: "CNY",
    transactionId: status === "succeeded" ? mine : undefined,
  };
}

function noticeOf(
  status: Notice["status"],
  facts: Partial<Pick<Notice, "amountMinor" | "currency" | "transactionId">> = {},
): Pick<Notice, "status" | "amountMinor" | "currency" | "transactionId"> {
  return { status, amountMinor: 3980, currency: "CNY", transactionId: mine, ...facts };
}

describe("a success for a payment that has not succeeded", () => {
  const wrongAmounts = [
    ["one fen short", { amountMinor: 3979 }],
    ["one fen over", { amountMinor: 3981 }],
    ["nothing", { amountMinor: 0 }],
    ["fen taken for yuan", { amountMinor: 398_000 }],
    ["another currency", { currency: "USD" }],
  ] as const;
  for (const [what, facts] of wrongAmounts) {
    test(`that states ${what} is booked as a mismatch and raises nothing, whatever the states`, () => {
      for (const order of orderStatuses) {
        for (const payment of unpaidStatuses) {
          expect(rule({ status: order }, paymentThatIs(payment), noticeOf("succeeded", facts))).toEqual({
            kind: "book",
            exception: "amount_mismatch",
            raisesPayment: false,
          });
        }
      }
    });
  }

  const byOrder: Record<OrderState, Ruling> = {
    pending: { kind: "settle" },
    cancelled: { kind: "book", exception: "late_payment", raisesPayment: true },
    paid: { kind: "book", exception: "surplus_payment", raisesPayment: true },
    shipped: { kind: "book", exception: "surplus_payment", raisesPayment: true },
    completed: { kind: "book", exception: "surplus_payment", raisesPayment: true },
    refunded: { kind: "book", exception: "surplus_payment", raisesPayment: true },
  };
  for (const order of orderStatuses) {
    test.each(unpaidStatuses)(`for a ${order} order is ruled ${JSON.stringify(byOrder[order])} from %s`, (payment) => {
      expect(rule({ status: order }, paymentThatIs(payment), noticeOf("succeeded"))).toEqual(byOrder[order]);
    });
  }
});

describe("a success for a payment that has succeeded", () => {
  test.each(orderStatuses)("is a repeat when it names the same transaction and amount (%s order)", (order) => {
    expect(rule({ status: order }, paymentThatIs("succeeded"), noticeOf("succeeded"))).toEqual({ kind: "repeat" });
  });

  test.each(orderStatuses)("is surplus when it names another transaction (%s order)", (order) => {
    for (const amountMinor of [3980, 1]) {
      const notice = noticeOf("succeeded", { transactionId: "T2", amountMinor });

      expect(rule({ status: order }, paymentThatIs("succeeded"), notice)).toEqual({
        kind: "book",
        exception: "surplus_payment",
        raisesPayment: false,
      });
    }
  });

  test.each(orderStatuses)("is a mismatch when the same transaction now states another amount (%s order)", (order) => {
    const notice = noticeOf("succeeded", { amountMinor: 3979 });

    expect(rule({ status: order }, paymentThatIs("succeeded"), notice)).toEqual({
      kind: "book",
      exception: "amount_mismatch",
      raisesPayment: false,
    });
  });
});

describe("a notice without money", () => {
  const repeat: Ruling = { kind: "repeat" };
  const outranked: Ruling = { kind: "outranked" };
  const moveBy = (...path: PaymentState[]): Ruling => ({ kind: "move", path });

  const table: Record<PaymentState, Record<"processing" | "failed" | "cancelled" | "expired", Ruling>> = {
    init: {
      processing: moveBy("processing"),
      failed: moveBy("processing", "failed"),
      cancelled: moveBy("processing", "cancelled"),
      expired: moveBy("processing", "expired"),
    },
    processing: {
      processing: repeat,
      failed: moveBy("failed"),
      cancelled: moveBy("cancelled"),
      expired: moveBy("expired"),
    },
    succeeded: { processing: outranked, failed: outranked, cancelled: outranked, expired: outranked },
    failed: { processing: outranked, failed: repeat, cancelled: outranked, expired: outranked },
    cancelled: { processing: outranked, failed: outranked, cancelled: repeat, expired: outranked },
    expired: { processing: outranked, failed: outranked, cancelled: outranked, expired: repeat },
  };

  for (const payment of paymentStatuses) {
    for (const [status, ruling] of Object.entries(table[payment]) as ["failed", Ruling][]) {
      test(`that says ${status} of a ${payment} payment is ruled ${JSON.stringify(ruling)}`, () => {
        for (const order of orderStatuses) {
          for (const facts of [{}, { amountMinor: 1 }, { transactionId: "T2" }, { currency: "USD" }]) {
            expect(rule({ status: order }, paymentThatIs(payment), noticeOf(status, facts))).toEqual(ruling);
          }
        }
      });
    }
  }

  test("never leads to a state from which its own machine has no such step", () => {
    for (const payment of paymentStatuses) {
      for (const ruling of Object.values(table[payment])) {
        if (ruling.kind !== "move") continue;
        let at: PaymentState = payment;
        for (const to of ruling.path) {
          expect(Object.values(paymentStates[at])).toContain(to);
          at = to;
        }
      }
    }
  });
});

describe("a word that is no payment status", () => {
  test.each(["unknown", ...refundNoticeStatuses] as const)("%s moves nothing and puzzles a person", (status) => {
    for (const order of orderStatuses) {
      for (const payment of paymentStatuses) {
        expect(rule({ status: order }, paymentThatIs(payment), noticeOf(status))).toEqual({ kind: "puzzle" });
      }
    }
  });
});
