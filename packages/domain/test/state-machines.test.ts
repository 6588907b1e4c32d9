import { describe, expect, test } from "vitest";
import {
  type OrderEvent,
  type OrderState,
  type PaymentEvent,
  type PaymentState,
  isOpen,
  orderStates,
  paymentStates,
  step,
} from "../src/index.ts";

const orderEvents = ["pay", "cancel", "ship", "complete", "refund", "revive"] as const satisfies OrderEvent[];
const paymentEvents = ["start", "succeed", "fail", "cancel", "expire"] as const satisfies PaymentEvent[];

/** One column per event, in the order of `orderEvents`; `-` is a refusal. */
const orderTable: Record<OrderState, readonly (OrderState | "-")[]> = {
  pending: ["paid", "cancelled", "-", "-", "-", "-"],
  paid: ["-", "cancelled", "shipped", "-", "refunded", "-"],
  shipped: ["-", "-", "-", "completed", "refunded", "-"],
  completed: ["-", "-", "-", "-", "refunded", "-"],
  refunded: ["-", "-", "-", "-", "-", "-"],
  cancelled: ["-", "-", "-", "-", "-", "paid"],
};

/** One column per event, in the order of `paymentEvents`. */
const paymentTable: Record<PaymentState, readonly (PaymentState | "-")[]> = {
  init: ["processing", "succeeded", "-", "cancelled", "expired"],
  processing: ["-", "succeeded", "failed", "cancelled", "expired"],
  succeeded: ["-", "-", "-", "-", "-"],
  failed: ["-", "succeeded", "-", "-", "-"],
  cancelled: ["-", "succeeded", "-", "-", "-"],
  expired: ["-", "succeeded", "-", "-", "-"],
};

describe("an order", () => {
  for (const [from, row] of Object.entries(orderTable) as [OrderState, (OrderState | "-")[]][]) {
    test.each(orderEvents.map((event, column) => [event, row[column]] as const))(
      `that is ${from} answers "%s" with %s`,
      (event, to) => {
        expect(step(orderStates, from, event) ?? "-").toBe(to);
      },
    );
  }

  test("has exactly the six states of the contract", () => {
    expect(Object.keys(orderStates).toSorted()).toEqual(Object.keys(orderTable).toSorted());
  });

  test("leaves cancelled only through revive", () => {
    expect(Object.entries(orderStates.cancelled)).toEqual([["revive", "paid"]]);
  });
});

describe("a payment", () => {
  for (const [from, row] of Object.entries(paymentTable) as [PaymentState, (PaymentState | "-")[]][]) {
    test.each(paymentEvents.map((event, column) => [event, row[column]] as const))(
      `that is ${from} answers "%s" with %s`,
      (event, to) => {
        expect(step(paymentStates, from, event) ?? "-").toBe(to);
      },
    );
  }

  test("has exactly the six states of the contract", () => {
    expect(Object.keys(paymentStates).toSorted()).toEqual(Object.keys(paymentTable).toSorted());
  });

  test("never leaves succeeded", () => {
    expect(paymentStates.succeeded).toEqual({});
  });

  test("is raised to succeeded from every other state, because money is a fact", () => {
    const others = (Object.keys(paymentStates) as PaymentState[]).filter((state) => state !== "succeeded");

    expect(others.map((state) => step(paymentStates, state, "succeed"))).toEqual(others.map(() => "succeeded"));
  });

  test("is open only before it has ended", () => {
    const open = (Object.keys(paymentStates) as PaymentState[]).filter(isOpen);

    expect(open).toEqual(["init", "processing"]);
  });
});
