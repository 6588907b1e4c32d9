import { audit, orders, transact } from "@zhanggui/db";
import { describe, expect, test } from "vitest";
import { addPayment, cancelOrder, expireOrder, settleCallback, startPayment } from "../src/index.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import {
  type Shop,
  countersOf,
  customerId,
  hear,
  paid,
  passDeadline,
  standing,
  startedOrder,
  stock,
  tell,
} from "./support/shop.ts";
import { useShopAtGateway } from "./support/use-shop-at-gateway.ts";

let gateway: GatewayServer;
let shop: Shop;
useShopAtGateway((itsShop, itsGateway) => {
  shop = itsShop;
  gateway = itsGateway;
});

/** Holds an order's row, as a transaction does that is a moment ahead, until `release`. */
async function holdOrder(orderId: string): Promise<{ readonly release: () => Promise<void> }> {
  const tx = await shop.db.startTransaction().execute();
  await tx.selectFrom("orders").select("id").where("id", "=", orderId).forUpdate().execute();
  return { release: () => tx.rollback().execute() };
}

/** Resolves when so many connections wait for a lock. */
async function untilWaiting(count: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const waiting = await shop.db
      // The catalogue is not among our tables.
      .selectFrom("pg_stat_activity" as never)
      .selectAll()
      .where("wait_event_type" as never, "=", "Lock" as never)
      .where("datname" as never, "=", (await databaseName()) as never)
      .execute();
    if (waiting.length >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`fewer than ${count} connections wait`);
}

let name: string | undefined;
async function databaseName(): Promise<string> {
  name ??= (
    await shop.db.selectNoFrom((value) => value.fn<string>("current_database").as("name")).executeTakeFirstOrThrow()
  ).name;
  return name;
}

function outcomesOf(settled: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return settled.map((one) => (one.status === "fulfilled" ? one.value : (one.reason as Error).message));
}

describe("payment against expiry", () => {
  test("thirty times at once: each order is paid or cancelled, never both, and late money is a case", async () => {
    const sku = await stock(shop, 60);
    const placed = await Promise.all(
      Array.from({ length: 30 }, () => startedOrder(shop, { items: [{ sku, quantity: 2 }] })),
    );
    const heard = await Promise.all(placed.map((one) => hear(shop, paid(one))));
    await Promise.all(placed.map((one) => passDeadline(shop, one.order.id)));

    await Promise.all(
      placed.flatMap((one, at) => {
        const settling = () => settleCallback(shop.engine, heard[at]?.id ?? "");
        const expiring = () => expireOrder(shop.engine, { orderId: one.order.id });
        return at % 2 === 0 ? [settling(), expiring()] : [expiring(), settling()];
      }),
    );

    const ends = await Promise.all(placed.map((one) => standing(shop, one.order.id)));
    const [won, lost] = [ends.filter(({ order }) => order === "paid"), ends.filter(({ order }) => order !== "paid")];
    for (const end of won) expect(end).toMatchObject({ effective: 1, holds: "consumed", exceptions: [] });
    for (const end of lost) {
      expect(end).toMatchObject({
        order: "cancelled",
        payments: ["succeeded"],
        effective: 0,
        holds: "released",
        exceptions: ["late_payment"],
      });
    }
    expect(await countersOf(shop, sku)).toEqual({ available: 2 * lost.length, reserved: 0, sold: 2 * won.length });
  });

  test.each([
    ["the payment", "paid"],
    ["the expiry", "cancelled"],
  ])("with %s first in line ends %s", async (first, end) => {
    const placed = await startedOrder(shop);
    const { id } = await hear(shop, paid(placed));
    await passDeadline(shop, placed.order.id);
    const settling = () => settleCallback(shop.engine, id);
    const expiring = () => expireOrder(shop.engine, { orderId: placed.order.id });
    const inLine = first === "the payment" ? [settling, expiring] : [expiring, settling];

    const held = await holdOrder(placed.order.id);
    const running: Promise<unknown>[] = [];
    for (const [at, run] of inLine.entries()) {
      running.push(run());
      await untilWaiting(at + 1);
    }
    await held.release();
    const outcomes = outcomesOf(await Promise.allSettled(running));

    expect((await standing(shop, placed.order.id)).order).toBe(end);
    expect(outcomes).toEqual(end === "paid" ? ["paid", { kind: "ended" }] : [{ kind: "expired" }, "late_payment"]);
  });

  test("money that arrives while the gateway is being asked wins", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    await passDeadline(shop, placed.order.id);
    gateway.answer({
      "/query": async () => {
        await tell(shop, paid(placed), "gate");
        return { code: "NOT_FOUND" };
      },
    });

    expect(await expireOrder(shop.engine, { orderId: placed.order.id })).toEqual({ kind: "ended" });
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", exceptions: [] });
  });

  test("the notice and the gateway's answer about the same money count it once", async () => {
    for (let round = 0; round < 10; round += 1) {
      const placed = await startedOrder(shop, { provider: "gate" });
      await passDeadline(shop, placed.order.id);
      const words = paid(placed);
      gateway.answer({ "/query": () => ({ code: "SUCCESS", ...words }) });
      const { id } = await hear(shop, words, "gate");

      await Promise.all([
        expireOrder(shop.engine, { orderId: placed.order.id }),
        settleCallback(shop.engine, id),
        expireOrder(shop.engine, { orderId: placed.order.id }),
      ]);

      expect(await standing(shop, placed.order.id)).toMatchObject({
        order: "paid",
        effective: 1,
        money: ["39.80"],
        exceptions: [],
      });
    }
  });
});

describe("payment against cancellation", () => {
  test("twenty times at once: one of them wins, and the other is told", async () => {
    const sku = await stock(shop, 20);
    const placed = await Promise.all(
      Array.from({ length: 20 }, () => startedOrder(shop, { items: [{ sku, quantity: 1 }] })),
    );
    const heard = await Promise.all(placed.map((one) => hear(shop, paid(one))));

    const settled = await Promise.allSettled(
      placed.flatMap((one, at) => [
        cancelOrder(shop.engine, { orderId: one.order.id, customerId, actor: customerId }),
        settleCallback(shop.engine, heard[at]?.id ?? ""),
      ]),
    );

    const ends = await Promise.all(placed.map((one) => standing(shop, one.order.id)));
    for (const [at, { order, exceptions }] of ends.entries()) {
      const [cancelling, settling] = [settled[2 * at], settled[2 * at + 1]];
      expect(cancelling?.status).toBe(order === "paid" ? "rejected" : "fulfilled");
      expect(settling).toMatchObject({ value: order === "paid" ? "paid" : "late_payment" });
      expect(exceptions).toEqual(order === "paid" ? [] : ["late_payment"]);
    }
  });
});

describe("two attempts of one order", () => {
  test("that succeed at the same moment make one effective payment and one surplus", async () => {
    for (let round = 0; round < 10; round += 1) {
      const placed = await startedOrder(shop);
      const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "other" });
      await startPayment(shop.engine, { customerId, paymentId: second.id });
      const heard = await Promise.all([hear(shop, paid(placed)), hear(shop, paid({ payment: second }), "other")]);

      const outcomes = await Promise.all(heard.map(({ id }) => settleCallback(shop.engine, id)));

      expect(outcomes.toSorted()).toEqual(["paid", "surplus_payment"]);
      expect(await standing(shop, placed.order.id)).toMatchObject({
        order: "paid",
        payments: ["succeeded", "succeeded"],
        effective: 1,
        exceptions: ["surplus_payment"],
      });
    }
  });

  test("added and paid while the order is cancelled leave no attempt open", async () => {
    for (let round = 0; round < 10; round += 1) {
      const placed = await startedOrder(shop);

      await Promise.allSettled([
        addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "other" }),
        cancelOrder(shop.engine, { orderId: placed.order.id, customerId, actor: customerId }),
        addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "other" }),
      ]);

      const { order, payments } = await standing(shop, placed.order.id);
      expect(order).toBe("cancelled");
      expect(new Set(payments)).toEqual(new Set(["cancelled"]));
    }
  });
});

describe("orders that share products", () => {
  test("settle and expire at once in opposite line order without a deadlock that anybody sees", async () => {
    const [one, two] = [await stock(shop, 100), await stock(shop, 100)];
    const lines = [
      { sku: one, quantity: 1 },
      { sku: two, quantity: 1 },
    ];
    const placed = await Promise.all(
      Array.from({ length: 24 }, (_, at) => startedOrder(shop, { items: at % 2 === 0 ? lines : lines.toReversed() })),
    );
    const heard = await Promise.all(placed.slice(0, 12).map((paidFor) => hear(shop, paid(paidFor))));
    await Promise.all(placed.slice(12).map((late) => passDeadline(shop, late.order.id)));

    await Promise.all([
      ...heard.map(({ id }) => settleCallback(shop.engine, id)),
      ...placed.slice(12).map((late) => expireOrder(shop.engine, { orderId: late.order.id })),
    ]);

    expect(await countersOf(shop, one)).toEqual({ available: 88, reserved: 0, sold: 12 });
    expect(await countersOf(shop, two)).toEqual({ available: 88, reserved: 0, sold: 12 });
  });
});

describe("a worker that dies in the middle", () => {
  test("leaves nothing behind, and the next one settles the notice whole", async () => {
    const placed = await startedOrder(shop);
    const { id } = await hear(shop, paid(placed));
    const before = await standing(shop, placed.order.id);
    const dying = {
      ...shop.engine,
      // Breaks where the history is written: payment, order and stock have been moved by then, nothing is committed.
      db: shop.db.withPlugin({
        transformQuery: ({ node }) => {
          if (node.kind === "InsertQueryNode" && JSON.stringify(node).includes('"audit"')) throw new Error("killed");
          return node;
        },
        transformResult: async ({ result }) => result,
      }),
    };

    await expect(settleCallback(dying, id)).rejects.toThrow("killed");

    expect(await standing(shop, placed.order.id)).toEqual(before);
    expect(await settleCallback(shop.engine, id)).toBe("paid");
  });
});

describe("an order's history", () => {
  test("is written in the order in which its changes became visible", async () => {
    const placed = await startedOrder(shop);
    const heard = await Promise.all([
      hear(shop, paid(placed, { status: "FAIL" })),
      hear(shop, paid(placed)),
      hear(shop, paid(placed, { status: "expired" })),
    ]);

    await Promise.all(heard.map(({ id }) => settleCallback(shop.engine, id)));

    const entries = (await audit.ofOrder(shop.db, placed.order.id)).filter(({ entity }) => entity === "payment");
    const chain = entries.slice(1).map(({ before }) => Object(before).status as string);
    const states = entries.slice(0, -1).map(({ after }) => Object(after).status as string);
    expect(chain).toEqual(states);
    expect(Object(entries.at(-1)?.after).status).toBe("succeeded");
  });

  test("names the actor, the state before and the state after of every move", async () => {
    const placed = await startedOrder(shop);
    await tell(shop, paid(placed));
    const row = await transact(shop.db, (tx) => orders.lock(tx, placed.order.id));

    const entries = await audit.ofOrder(shop.db, placed.order.id);

    expect(row?.status).toBe("paid");
    expect(entries.map(({ actor, action, before, after }) => [actor, action, before, after])).toMatchObject([
      [customerId, "order.place", null, { status: "pending" }],
      [customerId, "payment.create", null, { status: "init" }],
      [customerId, "payment.processing", { status: "init" }, { status: "processing" }],
      ["gateway:till", "payment.succeeded", { status: "processing" }, { status: "succeeded", says: "SUCCESS" }],
      ["gateway:till", "order.pay", { status: "pending" }, { status: "paid" }],
    ]);
  });
});
