import { callbacks } from "@zhanggui/db";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  addPayment,
  cancelOrder,
  expireOrder,
  preflightCallback,
  retryCallback,
  settleCallback,
} from "../src/index.ts";
import {
  type Shop,
  actionsOf,
  countersOf,
  customerId,
  expectMoneyAccounted,
  expectStockConserved,
  hear,
  openShop,
  order,
  paid,
  passDeadline,
  standing,
  startedOrder,
  stock,
  tell,
} from "./support/shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ latePaymentPolicy: "revive" });
});
afterEach(async () => {
  await expectStockConserved(shop);
  await expectMoneyAccounted(shop);
});
afterAll(() => shop.close());

function cancel(orderId: string) {
  return cancelOrder(shop.engine, { orderId, customerId, actor: customerId });
}

describe("under the policy revive, late money", () => {
  test("stays a case when the pieces are sold to somebody else, and no piece moves", async () => {
    const sku = await stock(shop, 1);
    const placed = await startedOrder(shop, { items: [{ sku, quantity: 1 }] });
    await cancel(placed.order.id);
    await order(shop, { items: [{ sku, quantity: 1 }] });

    const outcome = await tell(shop, paid(placed));

    expect(outcome).toBe("late_payment");
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "cancelled",
      payments: ["succeeded"],
      effective: 0,
      holds: "released",
      exceptions: ["late_payment"],
    });
    expect(await countersOf(shop, sku)).toEqual({ available: 0, reserved: 1, sold: 0 });
  });

  test("stays a case when one line of two is gone, and the other line is not taken", async () => {
    const [plenty, last] = [await stock(shop, 5), await stock(shop, 1)];
    const items = [
      { sku: plenty, quantity: 1 },
      { sku: last, quantity: 1 },
    ];
    const placed = await startedOrder(shop, { items });
    await cancel(placed.order.id);
    await order(shop, { items: [{ sku: last, quantity: 1 }] });

    expect(await tell(shop, paid(placed))).toBe("late_payment");
    expect(await countersOf(shop, plenty)).toEqual({ available: 5, reserved: 0, sold: 0 });
  });

  test("of the wrong amount stays a case", async () => {
    const placed = await startedOrder(shop);
    await cancel(placed.order.id);

    expect(await tell(shop, paid(placed, { amount: "39.79" }))).toBe("amount_mismatch");
    expect((await standing(shop, placed.order.id)).order).toBe("cancelled");
  });

  test("revives the order and sells its pieces when they are still there", async () => {
    const sku = await stock(shop, 2);
    const placed = await startedOrder(shop, { items: [{ sku, quantity: 2 }] });
    await passDeadline(shop, placed.order.id);
    await expireOrder(shop.engine, { orderId: placed.order.id });

    const outcome = await tell(shop, paid(placed));

    expect(outcome).toBe("revived");
    expect(await standing(shop, placed.order.id)).toEqual({
      order: "paid",
      payments: ["succeeded"],
      effective: 1,
      holds: "consumed",
      money: ["79.60"],
      exceptions: [],
    });
    expect(await countersOf(shop, sku)).toEqual({ available: 0, reserved: 0, sold: 2 });
    expect(await actionsOf(shop, placed.order.id)).toContain("order.revive");
  });

  test("by a second attempt after the revival is surplus", async () => {
    const placed = await startedOrder(shop);
    const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "other" });
    await cancel(placed.order.id);
    await tell(shop, paid(placed));

    expect(await tell(shop, paid({ payment: second }), "other")).toBe("surplus_payment");
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", effective: 1 });
  });

  test("of ten orders at once for the last piece revives exactly one", async () => {
    const sku = await stock(shop, 1);
    const placed = [];
    for (let at = 0; at < 10; at += 1) {
      const one = await startedOrder(shop, { items: [{ sku, quantity: 1 }] });
      await cancel(one.order.id);
      placed.push(one);
    }
    const heard = await Promise.all(placed.map((one) => hear(shop, paid(one))));

    const outcomes = await Promise.all(heard.map(({ id }) => settleCallback(shop.engine, id)));

    expect(outcomes.filter((outcome) => outcome === "revived")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "late_payment")).toHaveLength(9);
    expect(await countersOf(shop, sku)).toEqual({ available: 0, reserved: 0, sold: 1 });
  });

  test("that failed to settle is told by preflight to revive the order, as the retry then does", async () => {
    const placed = await startedOrder(shop);
    await cancel(placed.order.id);
    const { id } = await hear(shop, paid(placed));
    await callbacks.fail(shop.db, id, { error: "the database blinked", final: true });

    const { summary } = await preflightCallback(shop.engine, id);
    await retryCallback(shop.engine, id, { actor: "operator-1", reason: "again" });

    expect(await settleCallback(shop.engine, id)).toBe("revived");
    expect(summary).not.toContain("stays cancelled");
  });
});
