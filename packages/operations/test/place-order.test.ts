import { orders } from "@zhanggui/db";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { placeOrder, putProduct } from "../src/index.ts";
import {
  type Shop,
  actionsOf,
  countersOf,
  customerId,
  expectStockConserved,
  openShop,
  order,
  standing,
  stock,
  withoutQueue,
} from "./support/shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterEach(() => expectStockConserved(shop));
afterAll(() => shop.close());

async function countOrders(): Promise<number> {
  return (await orders.page(shop.db, { limit: 1_000 })).length;
}

async function restock(sku: string, available: number): Promise<void> {
  await putProduct(shop.engine, { sku, name: "龙井", price: "39.80", available, actor: "test", reason: "delivery" });
}

describe("an order is refused", () => {
  test("for a provider that the shop does not have", async () => {
    const sku = await stock(shop, 1);

    const placing = order(shop, { provider: "nobody", items: [{ sku, quantity: 1 }] });

    await expect(placing).rejects.toMatchObject({ code: "unknown_provider" });
    expect(await countersOf(shop, sku)).toEqual({ available: 1, reserved: 0, sold: 0 });
  });

  test("with the unknown skus' names, whatever else is sold out", async () => {
    const soldOut = await stock(shop, 0);

    const placing = order(shop, {
      items: [
        { sku: "no-such-tea", quantity: 1 },
        { sku: soldOut, quantity: 1 },
      ],
    });

    await expect(placing).rejects.toMatchObject({ code: "unknown_sku", facts: { skus: "no-such-tea" } });
  });

  test("when one line is sold out, and then no line is reserved and no row is left", async () => {
    const [enough, tooFew] = [await stock(shop, 5), await stock(shop, 1)];
    const before = await countOrders();

    const placing = order(shop, {
      items: [
        { sku: enough, quantity: 1 },
        { sku: tooFew, quantity: 2 },
      ],
      idempotencyKey: "sold-out",
    });

    await expect(placing).rejects.toMatchObject({ code: "out_of_stock", facts: { skus: tooFew } });
    expect(await countersOf(shop, enough)).toEqual({ available: 5, reserved: 0, sold: 0 });
    expect(await countersOf(shop, tooFew)).toEqual({ available: 1, reserved: 0, sold: 0 });
    expect(await countOrders()).toBe(before);
  });

  test("when its total is more than an amount can be", async () => {
    const sku = await stock(shop, 1_000, "999999999999.99");

    const placing = order(shop, { items: [{ sku, quantity: 2 }] });

    await expect(placing).rejects.toMatchObject({ code: "invalid_input" });
  });
});

describe("an order", () => {
  test("takes prices and names from the catalogue and sums them exactly", async () => {
    const [cheap, dear] = [await stock(shop, 100, "0.10"), await stock(shop, 5, "19.90")];

    const placed = await order(shop, {
      items: [
        { sku: dear, quantity: 3 },
        { sku: cheap, quantity: 3 },
      ],
    });

    expect(placed.order).toMatchObject({
      status: "pending",
      amount: "60.00",
      currency: "CNY",
      items: [
        { sku: cheap, name: "龙井", unitPrice: "0.10", quantity: 3 },
        { sku: dear, name: "龙井", unitPrice: "19.90", quantity: 3 },
      ],
    });
    expect(placed.payment).toMatchObject({ status: "init", amount: "60.00", provider: "till" });
    expect(placed.payment.outTradeNo).toMatch(/^[0-9A-Za-z]{8,32}$/);
    expect(await countersOf(shop, dear)).toEqual({ available: 2, reserved: 3, sold: 0 });
  });

  test("holds its stock, leaves its history and asks for its timer at its deadline", async () => {
    const placed = await order(shop);

    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "pending",
      payments: ["init"],
      holds: "held",
    });
    expect(await actionsOf(shop, placed.order.id)).toEqual(["order.place", "payment.create"]);
    expect(shop.asked.expireAt.at(-1)).toEqual({ orderId: placed.order.id, at: new Date(placed.order.expiresAt) });
    expect(new Date(placed.order.expiresAt).getTime() - new Date(placed.order.createdAt).getTime()).toBe(1_800_000);
  });

  test("may ask for a nearer deadline, never for a later one", async () => {
    const lifetimes = [];
    for (const ttlSeconds of [5, 100_000]) {
      const placed = await order(shop, { ttlSeconds });
      lifetimes.push((Date.parse(placed.order.expiresAt) - Date.parse(placed.order.createdAt)) / 1_000);
    }

    expect(lifetimes).toEqual([5, 1_800]);
  });

  test("is placed although the queue cannot be reached", async () => {
    const sku = await stock(shop, 1);

    const placed = await placeOrder(withoutQueue(shop), {
      customerId,
      provider: "till",
      items: [{ sku, quantity: 1 }],
    });

    expect((await standing(shop, placed.order.id)).order).toBe("pending");
    expect(shop.warnings.at(-1)).toContain("the sweep will do it");
  });
});

describe("an idempotency key", () => {
  test("answers what was answered first, whatever the order of the lines, and orders nothing more", async () => {
    const [one, two] = [await stock(shop, 5), await stock(shop, 5)];
    const items = [
      { sku: one, quantity: 1 },
      { sku: two, quantity: 2 },
    ];

    const first = await order(shop, { items, idempotencyKey: "again" });
    const timers = shop.asked.expireAt.length;
    const second = await order(shop, { items: items.toReversed(), idempotencyKey: "again" });

    expect(second).toEqual(first);
    expect(shop.asked.expireAt).toHaveLength(timers);
    expect(await countersOf(shop, two)).toEqual({ available: 3, reserved: 2, sold: 0 });
  });

  test.each([
    ["another quantity", { quantity: 2 }, {}],
    ["another provider", {}, { provider: "other" }],
    ["another deadline", {}, { ttlSeconds: 60 }],
  ])("with %s is a conflict", async (_, line, request) => {
    const sku = await stock(shop, 10);
    const idempotencyKey = `conflict-${sku}`;
    await order(shop, { items: [{ sku, quantity: 1 }], idempotencyKey });

    const other = order(shop, { items: [{ sku, quantity: 1, ...line }], idempotencyKey, ...request });

    await expect(other).rejects.toMatchObject({ code: "idempotency_conflict" });
    expect(await countersOf(shop, sku)).toEqual({ available: 9, reserved: 1, sold: 0 });
  });

  test("of one customer is not another's", async () => {
    const items = [{ sku: await stock(shop, 5), quantity: 1 }];

    const mine = await order(shop, { items, idempotencyKey: "shared" });
    const theirs = await order(shop, { items, idempotencyKey: "shared", customerId: "customer-2" });

    expect(theirs.order.id).not.toBe(mine.order.id);
  });

  test("whose order was refused may be used again", async () => {
    const sku = await stock(shop, 0);
    const request = { items: [{ sku, quantity: 1 }], idempotencyKey: "later" };
    await expect(order(shop, request)).rejects.toMatchObject({ code: "out_of_stock" });
    await restock(sku, 1);

    const placed = await order(shop, request);

    expect(placed.order.status).toBe("pending");
  });

  test("sent ten times at once makes one order", async () => {
    const sku = await stock(shop, 20);
    const request = { items: [{ sku, quantity: 1 }], idempotencyKey: "ten-at-once" };

    const answers = await Promise.all(Array.from({ length: 10 }, () => order(shop, request)));

    expect(new Set(answers.map(({ order: { id } }) => id)).size).toBe(1);
    expect(await countersOf(shop, sku)).toEqual({ available: 19, reserved: 1, sold: 0 });
  });
});

describe("buyers at the same moment", () => {
  test("of the last piece: one gets it, the others hear that it is sold out", async () => {
    const sku = await stock(shop, 1);

    const answers = await Promise.allSettled(
      Array.from({ length: 40 }, () => order(shop, { items: [{ sku, quantity: 1 }] })),
    );

    const refusals = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
    expect(refusals).toHaveLength(39);
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: "out_of_stock" });
    expect(await countersOf(shop, sku)).toEqual({ available: 0, reserved: 1, sold: 0 });
  });

  test("of the same products in opposite order never wait for each other in a circle", async () => {
    const [one, two] = [await stock(shop, 100), await stock(shop, 100)];
    const lines = [
      { sku: one, quantity: 1 },
      { sku: two, quantity: 1 },
    ];

    await Promise.all(
      Array.from({ length: 40 }, (_, at) => order(shop, { items: at % 2 === 0 ? lines : lines.toReversed() })),
    );

    expect(await countersOf(shop, one)).toEqual({ available: 60, reserved: 40, sold: 0 });
    expect(await countersOf(shop, two)).toEqual({ available: 60, reserved: 40, sold: 0 });
  });
});
