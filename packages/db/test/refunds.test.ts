import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type Refund, orders, products, receipts, refunds, transact } from "../src/index.ts";
import { type TestDatabase, countersOf, migratedDatabase, nextName, order, product } from "./support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

async function booked(amount = "39.80"): Promise<receipts.ReceiptKey> {
  const key = { provider: "till", transactionId: nextName("T") };
  await transact(database.db, (tx) =>
    receipts.book(tx, {
      provider: key.provider,
      transaction_id: key.transactionId,
      amount,
      currency: "CNY",
      out_trade_no: nextName("P"),
      order_id: null,
      payment_id: null,
      callback_id: null,
    }),
  );
  return key;
}

const moved = (key: receipts.ReceiptKey, movement: receipts.RefundMovement, amount: string) =>
  transact(database.db, (tx) => receipts.moveRefund(tx, key, { movement, amount }));

function asked(key: receipts.ReceiptKey, more: Partial<refunds.NewRefund> = {}): Promise<Refund> {
  return transact(database.db, (tx) =>
    refunds.insert(tx, {
      ...key,
      id: nextName("ref_"),
      orderId: null,
      paymentId: null,
      amount: "1.00",
      currency: "CNY",
      outRefundNo: nextName("R"),
      reason: "test",
      endsOrderAs: null,
      restock: false,
      exceptionId: null,
      origin: "shop",
      ...more,
    } as refunds.NewRefund),
  );
}

describe("a receipt", () => {
  test("gives nothing that it does not hold, and takes nothing back that it did not give", async () => {
    const key = await booked();

    expect(await moved(key, "reserve", "39.81")).toBeUndefined();
    expect(await moved(key, "free", "0.01")).toBeUndefined();
    expect(await moved(key, "give_back", "0.01")).toBeUndefined();
    expect(await moved(key, "give_back_unreserved", "39.81")).toBeUndefined();
    expect(await receipts.read(database.db, key)).toMatchObject({ refunded: "0.00", refund_reserved: "0.00" });
  });

  test("of fifty who want a part of it at once serves as many as there is money for", async () => {
    const key = await booked("10.00");

    const parts = await Promise.all(Array.from({ length: 50 }, () => moved(key, "reserve", "0.30")));

    expect(parts.filter((part) => part !== undefined)).toHaveLength(33);
    expect(await receipts.read(database.db, key)).toMatchObject({ refund_reserved: "9.90" });
  });

  test.each([
    sql`refunded = -0.01`,
    sql`refund_reserved = -0.01`,
    sql`refunded = 39.81`,
    sql`refunded = 20, refund_reserved = 19.81`,
  ])("cannot be overdrawn by hand either (%#)", async (change) => {
    const { transactionId } = await booked();

    await expect(
      sql`update receipts set ${change} where transaction_id = ${transactionId}`.execute(database.db),
    ).rejects.toThrow("check constraint");
  });

  test("moves an amount from reserved to back with the buyer", async () => {
    const key = await booked();

    await moved(key, "reserve", "10.00");
    await moved(key, "give_back", "4.00");
    await moved(key, "free", "6.00");

    expect(await receipts.read(database.db, key)).toMatchObject({ refunded: "4.00", refund_reserved: "0.00" });
  });
});

describe("a refund", () => {
  test("has a number that every gateway takes, and that is used once", async () => {
    const key = await booked();
    const first = await asked(key);

    await expect(asked(key, { outRefundNo: "has-a-dash" })).rejects.toThrow("check constraint");
    await expect(asked(key, { outRefundNo: first.out_refund_no })).rejects.toThrow("unique constraint");
  });

  test("is of a receipt that is there, and restocks only with the end of an order", async () => {
    await expect(asked({ provider: "till", transactionId: "T-nowhere" })).rejects.toThrow("foreign key");
    await expect(asked(await booked(), { restock: true })).rejects.toThrow("check constraint");
    await expect(asked(await booked(), { endsOrderAs: "refunded" })).rejects.toThrow("check constraint");
  });

  test("is never deleted", async () => {
    const { id } = await asked(await booked());

    await expect(database.db.deleteFrom("refunds").where("id", "=", id).execute()).rejects.toThrow("append-only");
  });

  test("is asked about by one of ten who come at once, and not again before its pause is over", async () => {
    const { id } = await asked(await booked());

    const claims = await Promise.all(Array.from({ length: 10 }, () => refunds.claimAsk(database.db, id, [60, 600])));

    const claimed = claims.find((claim) => claim !== undefined);
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    expect(claimed?.asks).toBe(1);
    expect((claimed?.next_ask_at?.getTime() ?? 0) - Date.now()).toBeGreaterThan(50_000);
    expect((claimed?.next_ask_at?.getTime() ?? 0) - Date.now()).toBeLessThan(70_000);
    expect(await refunds.due(database.db, 100)).not.toContain(id);
  });

  test("is put off by the last pause once the others are used up", async () => {
    const { id } = await asked(await booked());
    for (let asks = 0; asks < 4; asks += 1) {
      await transact(database.db, (tx) => refunds.askNow(tx, id));
      await refunds.claimAsk(database.db, id, [60, 600]);
    }

    const row = await refunds.find(database.db, id);
    expect((row?.next_ask_at?.getTime() ?? 0) - Date.now()).toBeGreaterThan(590_000);
  });

  test("that has ended is asked about no more, even when somebody wants to", async () => {
    const refund = await asked(await booked());
    await transact(database.db, (tx) => refunds.move(tx, refund, { to: "succeeded" }));
    await transact(database.db, (tx) => refunds.askNow(tx, refund.id));

    expect((await refunds.find(database.db, refund.id))?.next_ask_at).toBeNull();
    await expect(transact(database.db, (tx) => refunds.move(tx, refund, { to: "failed" }))).rejects.toMatchObject({
      code: "state_changed_meanwhile",
    });
  });
});

test("sold pieces are put back on sale once", async () => {
  const { db } = database;
  const sku = await product(db, 5);
  const orderId = (await order(db, [{ sku, quantity: 2 }])) ?? "";
  await transact(db, (tx) => products.moveStock(tx, orderId, "sell"));

  const first = await transact(db, (tx) => products.moveStock(tx, orderId, "restock"));
  const second = await transact(db, (tx) => products.moveStock(tx, orderId, "restock"));

  expect([first, second]).toEqual([1, 0]);
  expect(await countersOf(db, sku)).toEqual({ available: 5, reserved: 0, sold: 0 });
  expect((await orders.holdsOf(db, orderId)).map(({ state }) => state)).toEqual(["released"]);
});
