import { audit, callbacks, exceptions, receipts } from "@zhanggui/db";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { addPayment, cancelOrder, fulfilOrder, recordCallback, settleCallback } from "../src/index.ts";
import {
  type Shop,
  actionsOf,
  countersOf,
  customerId,
  expectMoneyAccounted,
  expectStockConserved,
  hear,
  newTransactionId,
  openShop,
  order,
  paid,
  standing,
  startedOrder,
  stock,
  tell,
  withoutQueue,
} from "./support/shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterEach(async () => {
  await expectStockConserved(shop);
  await expectMoneyAccounted(shop);
});
afterAll(() => shop.close());

function cancel(orderId: string) {
  return cancelOrder(shop.engine, { orderId, customerId, actor: customerId });
}

describe("a notice", () => {
  test("is committed and counted, however often it is delivered, and rings once as new", async () => {
    const words = paid(await startedOrder(shop));
    const rung = shop.asked.settle.length;

    const first = await hear(shop, words);
    const again = await hear(shop, { ...words, timestamp: String(Math.floor(Date.now() / 1_000)), nonce: "other" });

    expect(first).toMatchObject({ state: "received", deliveries: 1 });
    expect(again).toEqual({ ...first, deliveries: 2 });
    expect(shop.asked.settle).toHaveLength(rung + 1);
    expect(shop.asked.resettle.at(-1)?.id).toBe(first.id);
  });

  test("is safe although the queue cannot be reached", async () => {
    const words = paid(await startedOrder(shop));

    const { id } = await hear({ ...shop, engine: withoutQueue(shop) }, words);

    expect(await settleCallback(shop.engine, id)).toBe("paid");
  });

  test("that nobody recorded cannot be settled", async () => {
    await expect(settleCallback(shop.engine, "cb_none")).rejects.toMatchObject({ code: "callback_not_found" });
  });

  test("keeps the bytes as they came, for whoever must prove it", async () => {
    const { id } = await hear(shop, paid(await startedOrder(shop), { attach: "龙井 & co" }));

    const row = await callbacks.find(shop.db, id);

    expect(JSON.parse(row?.body.toString("utf8") ?? "")).toMatchObject({ attach: "龙井 & co" });
  });

  test("that is settled already is only counted when it is delivered again", async () => {
    const words = paid(await startedOrder(shop));
    await tell(shop, words);
    const rung = shop.asked.settle.length + shop.asked.resettle.length;

    const again = await hear(shop, words);

    expect(again).toMatchObject({ state: "processed", deliveries: 2 });
    expect(shop.asked.settle.length + shop.asked.resettle.length).toBe(rung);
    expect(await settleCallback(shop.engine, again.id)).toBe("already_settled");
  });

  test("that failed is put back in line by its redelivery, and that is written down", async () => {
    const placed = await startedOrder(shop);
    const words = paid(placed);
    const { id } = await hear(shop, words);
    await callbacks.fail(shop.db, id, { error: "out of luck", final: true });
    expect(await settleCallback(shop.engine, id)).toBe("already_settled");

    await hear(shop, words);

    expect(shop.asked.resettle.at(-1)?.id).toBe(id);
    expect(await settleCallback(shop.engine, id)).toBe("paid");
    const entries = await audit.page(shop.db, { entity: id, limit: 10 });
    expect(entries.map(({ action }) => action)).toContain("callback.redeliver");
  });
});

describe("a success", () => {
  test("makes the order paid, sells its stock and names its evidence", async () => {
    const sku = await stock(shop, 3);
    const placed = await startedOrder(shop, { items: [{ sku, quantity: 2 }] });

    const { id } = await hear(shop, paid(placed));
    const outcome = await settleCallback(shop.engine, id);

    expect(outcome).toBe("paid");
    expect(await standing(shop, placed.order.id)).toEqual({
      order: "paid",
      payments: ["succeeded"],
      effective: 1,
      holds: "consumed",
      money: ["79.60"],
      exceptions: [],
    });
    expect(await countersOf(shop, sku)).toEqual({ available: 1, reserved: 0, sold: 2 });
    const entries = await audit.ofOrder(shop.db, placed.order.id);
    expect(entries.filter(({ evidence }) => evidence === id).map(({ action }) => action)).toEqual([
      "payment.succeeded",
      "order.pay",
    ]);
    expect(shop.asked.forgetExpiry.at(-1)).toBe(placed.order.id);
  });

  test("pays an attempt that the buyer started elsewhere", async () => {
    const placed = await order(shop);

    expect(await tell(shop, paid(placed))).toBe("paid");
  });

  test("pays after the deadline as long as nobody has cancelled the order", async () => {
    const placed = await startedOrder(shop);
    const expires_at = new Date(Date.now() - 60_000);
    await shop.db.updateTable("orders").set({ expires_at }).where("id", "=", placed.order.id).execute();

    expect(await tell(shop, paid(placed))).toBe("paid");
  });

  test("heard twenty times at once is recorded once and settled once by five workers", async () => {
    const sku = await stock(shop, 5);
    const placed = await startedOrder(shop, { items: [{ sku, quantity: 1 }] });
    const words = paid(placed);

    const recorded = await Promise.all(Array.from({ length: 20 }, () => hear(shop, words)));
    const ids = new Set(recorded.map(({ id }) => id));
    const [id = ""] = ids;
    const settled = await Promise.allSettled(Array.from({ length: 5 }, () => settleCallback(shop.engine, id)));

    expect(ids.size).toBe(1);
    expect(recorded.map(({ deliveries }) => deliveries).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, at) => at + 1),
    );
    expect(settled.filter((one) => one.status === "fulfilled" && one.value === "paid")).toHaveLength(1);
    for (const one of settled) {
      if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "state_changed_meanwhile" });
    }
    expect(await countersOf(shop, sku)).toEqual({ available: 4, reserved: 0, sold: 1 });
    expect((await actionsOf(shop, placed.order.id)).filter((action) => action === "order.pay")).toHaveLength(1);
  });

  test("whose notices of progress and of success arrive ten times each at once pays once", async () => {
    const sku = await stock(shop, 5);
    const placed = await startedOrder(shop, { items: [{ sku, quantity: 1 }] });
    const transaction_id = newTransactionId();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        hear(shop, paid(placed, { transaction_id, ...(at % 2 === 0 ? {} : { status: "processing" }) })),
      ),
    );

    await Promise.allSettled(all.flatMap(({ id }) => [id, id]).map((id) => settleCallback(shop.engine, id)));

    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", effective: 1, exceptions: [] });
    expect(await countersOf(shop, sku)).toEqual({ available: 4, reserved: 0, sold: 1 });
  });
});

describe("out of order", () => {
  test.each(["PROCESSING", "FAIL", "CLOSED", "expired", "a word of its own"])(
    "%s first and then a success of the same transaction ends paid",
    async (status) => {
      const placed = await startedOrder(shop);
      const transaction_id = newTransactionId();
      await tell(shop, paid(placed, { transaction_id, status }));

      expect(await tell(shop, paid(placed, { transaction_id }))).toBe("paid");
      expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", exceptions: [] });
    },
  );

  test.each(["PROCESSING", "FAIL", "TRADE_CLOSED", "expired"])(
    "%s after the success lowers nothing and is recorded as outranked",
    async (status) => {
      const placed = await startedOrder(shop);
      const words = paid(placed);
      await tell(shop, words);

      const late = await hear(shop, { ...words, status });
      const outcome = await settleCallback(shop.engine, late.id);

      expect(outcome).toBe("outranked");
      expect((await callbacks.find(shop.db, late.id))?.state).toBe("ignored");
      expect(await standing(shop, placed.order.id)).toMatchObject({
        order: "paid",
        payments: ["succeeded"],
        holds: "consumed",
      });
    },
  );

  test("a failure of one attempt touches neither another attempt nor the order", async () => {
    const placed = await startedOrder(shop);
    const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "other" });

    await tell(shop, paid(placed, { status: "CLOSED" }));

    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "pending",
      payments: ["cancelled", "init"],
      holds: "held",
    });
    expect(await tell(shop, paid({ payment: second }), "other")).toBe("paid");
  });

  test("a second notice of the same success, worded otherwise, is a repeat", async () => {
    const placed = await startedOrder(shop);
    const words = paid(placed);
    await tell(shop, { ...words, status: "FAIL" });
    await tell(shop, words);
    const { id } = await recordCallback(shop.engine, {
      provider: "till",
      verifiedBy: "secret",
      notice: {
        eventType: "payment",
        eventKey: `finished.${placed.payment.id}`,
        outTradeNo: placed.payment.outTradeNo,
        transactionId: words["transaction_id"] ?? "",
        amountMinor: 3_980,
        currency: "CNY",
        status: "succeeded",
        rawStatus: "TRADE_FINISHED",
      },
      headers: {},
      body: new Uint8Array(),
    });

    expect(await settleCallback(shop.engine, id)).toBe("repeat");
    expect((await standing(shop, placed.order.id)).money).toEqual(["39.80"]);
  });
});

describe("money of another amount", () => {
  test.each([
    ["one fen short", "39.79", false],
    ["one fen over", "39.81", false],
    ["a tenth", "3.98", false],
    ["fen sent as yuan", "3980.00", true],
    ["yuan sent as fen", "0.40", false],
  ])("%s is booked as it is, opens a case, and the order goes on waiting", async (_, amount, looksLikeFenForYuan) => {
    const placed = await startedOrder(shop);

    const outcome = await tell(shop, paid(placed, { amount }));

    expect(outcome).toBe("amount_mismatch");
    expect(await standing(shop, placed.order.id)).toEqual({
      order: "pending",
      payments: ["processing"],
      effective: 0,
      holds: "held",
      money: [amount],
      exceptions: ["amount_mismatch"],
    });
    const [opened] = await exceptions.ofOrder(shop.db, placed.order.id);
    expect(opened).toMatchObject({ amount, state: "open", suggested_action: "refund" });
    expect(JSON.parse(opened?.detail ?? "")).toMatchObject({ looksLikeFenForYuan, expected: "39.80 CNY" });
  });

  test("a hundredth of a round price is flagged as fen for yuan too", async () => {
    const sku = await stock(shop, 1, "100.00");
    const placed = await startedOrder(shop, { items: [{ sku, quantity: 1 }] });

    await tell(shop, paid(placed, { amount: "1.00" }));

    const [opened] = await exceptions.ofOrder(shop.db, placed.order.id);
    expect(JSON.parse(opened?.detail ?? "")).toMatchObject({ looksLikeFenForYuan: true });
  });

  test("in another currency is a mismatch, however equal the number", async () => {
    const placed = await startedOrder(shop);

    expect(await tell(shop, paid(placed, { currency: "USD" }))).toBe("amount_mismatch");
    expect((await standing(shop, placed.order.id)).order).toBe("pending");
  });

  test("does not stand in the way of the right amount by another transaction", async () => {
    const placed = await startedOrder(shop);
    await tell(shop, paid(placed, { amount: "39.79" }));

    expect(await tell(shop, paid(placed))).toBe("paid");
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "paid",
      money: ["39.79", "39.80"],
      exceptions: ["amount_mismatch"],
    });
  });

  test("is corrected in the book when the same transaction is stated again with the right amount", async () => {
    const own = await openShop();
    const placed = await startedOrder(own);
    const transaction_id = newTransactionId();
    await tell(own, paid(placed, { transaction_id, amount: "39.79" }));

    await tell(own, paid(placed, { transaction_id }));

    try {
      expect(await standing(own, placed.order.id)).toMatchObject({ order: "paid", money: ["39.80"] });
    } finally {
      await own.close();
    }
  });
});

describe("money that the order cannot take", () => {
  test("after a cancellation is booked, raises the payment, opens a case, and leaves order and stock alone", async () => {
    const sku = await stock(shop, 2);
    const placed = await startedOrder(shop, { items: [{ sku, quantity: 1 }] });
    await cancel(placed.order.id);

    const outcome = await tell(shop, paid(placed));

    expect(outcome).toBe("late_payment");
    expect(await standing(shop, placed.order.id)).toEqual({
      order: "cancelled",
      payments: ["succeeded"],
      effective: 0,
      holds: "released",
      money: ["39.80"],
      exceptions: ["late_payment"],
    });
    expect(await countersOf(shop, sku)).toEqual({ available: 2, reserved: 0, sold: 0 });
    const [opened] = await exceptions.ofOrder(shop.db, placed.order.id);
    expect(opened).toMatchObject({ suggested_action: "revive", amount: "39.80" });
  });

  test("by a second attempt of a paid order is surplus", async () => {
    const placed = await startedOrder(shop);
    const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "other" });
    await tell(shop, paid(placed));

    const outcome = await tell(shop, paid({ payment: second }), "other");

    expect(outcome).toBe("surplus_payment");
    expect(await standing(shop, placed.order.id)).toEqual({
      order: "paid",
      payments: ["succeeded", "succeeded"],
      effective: 1,
      holds: "consumed",
      money: ["39.80", "39.80"],
      exceptions: ["surplus_payment"],
    });
  });

  test("by a second transaction of the same attempt is surplus, and the first one stays", async () => {
    const placed = await startedOrder(shop);
    const first = paid(placed);
    await tell(shop, first);

    expect(await tell(shop, paid(placed))).toBe("surplus_payment");
    const { transaction_id } = await shop.db
      .selectFrom("payments")
      .select("transaction_id")
      .where("id", "=", placed.payment.id)
      .executeTakeFirstOrThrow();
    expect(transaction_id).toBe(first["transaction_id"]);
  });

  test.each(["shipped", "completed"] as const)("of a %s order is surplus and answers no error", async (state) => {
    const placed = await startedOrder(shop);
    await tell(shop, paid(placed));
    const fulfil = (event: "ship" | "complete") =>
      fulfilOrder(shop.engine, { orderId: placed.order.id, event, actor: "operator-1", reason: "sent" });
    await fulfil("ship");
    if (state === "completed") await fulfil("complete");

    expect(await tell(shop, paid(placed))).toBe("surplus_payment");
    expect((await standing(shop, placed.order.id)).order).toBe(state);
  });

  test("named by one transaction for two payments counts for the first one only", async () => {
    const [first, second] = [await startedOrder(shop), await startedOrder(shop)];
    const transaction_id = newTransactionId();
    await tell(shop, paid(first, { transaction_id }));

    const outcome = await tell(shop, paid(second, { transaction_id }));

    expect(outcome).toBe("surplus_payment");
    expect(await standing(shop, second.order.id)).toMatchObject({
      order: "pending",
      payments: ["processing"],
      money: [],
      exceptions: ["surplus_payment"],
    });
  });

  test("named by one transaction for two payments at once pays one of them", async () => {
    const placed = await Promise.all(Array.from({ length: 6 }, () => startedOrder(shop)));
    const transaction_id = newTransactionId();
    const heard = await Promise.all(placed.map((one) => hear(shop, paid(one, { transaction_id }))));

    const outcomes = await Promise.all(heard.map(({ id }) => settleCallback(shop.engine, id)));

    expect(outcomes.toSorted()).toEqual(["paid", ...Array.from({ length: 5 }, () => "surplus_payment")]);
  });

  test("under the same transaction id at another gateway is another transaction", async () => {
    const [first, second] = [await startedOrder(shop), await startedOrder(shop, { provider: "other" })];
    const transaction_id = newTransactionId();

    await tell(shop, paid(first, { transaction_id }));

    expect(await tell(shop, paid(second, { transaction_id }), "other")).toBe("paid");
  });
});

describe("a notice that speaks of nothing we know", () => {
  test("is parked with its money booked and a case opened", async () => {
    const transaction_id = newTransactionId();
    const words = { out_trade_no: "P00000000000001", transaction_id, amount: "12.34", status: "SUCCESS" };

    const { id } = await hear(shop, words);
    const outcome = await settleCallback(shop.engine, id);

    expect(outcome).toBe("unmatched_payment");
    expect(await callbacks.find(shop.db, id)).toMatchObject({ state: "parked", order_id: null });
    const booked = await shop.db
      .selectFrom("receipts")
      .selectAll()
      .where("transaction_id", "=", transaction_id)
      .executeTakeFirstOrThrow();
    expect(booked).toMatchObject({ amount: "12.34", payment_id: null, callback_id: id });
    const opened = await shop.db.selectFrom("exceptions").selectAll().where("callback_id", "=", id).execute();
    expect(opened).toMatchObject([{ kind: "unmatched_payment", amount: "12.34", state: "open" }]);
  });

  test("is unmatched when the number belongs to another gateway's payment", async () => {
    const placed = await startedOrder(shop, { provider: "other" });

    expect(await tell(shop, paid(placed), "till")).toBe("unmatched_payment");
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "pending", payments: ["processing"] });
  });

  test("without money is ignored and opens nothing", async () => {
    const { id } = await hear(shop, { out_trade_no: "P00000000000002", amount: "12.34", status: "CLOSED" });

    expect(await settleCallback(shop.engine, id)).toBe("unmatched");
    expect((await callbacks.find(shop.db, id))?.state).toBe("ignored");
  });

  test("settled twice at once opens one case", async () => {
    const words = { transaction_id: newTransactionId(), amount: "1.00", status: "SUCCESS" };
    const { id } = await hear(shop, { out_trade_no: "P00000000000003", ...words });

    await Promise.allSettled(Array.from({ length: 6 }, () => settleCallback(shop.engine, id)));

    const opened = await shop.db.selectFrom("exceptions").selectAll().where("callback_id", "=", id).execute();
    expect(opened).toHaveLength(1);
  });
});

describe("a refund notice", () => {
  const refundWords = (outTradeNo: string) => ({
    out_trade_no: outTradeNo,
    out_refund_no: "R00000001",
    refund_id: "G1",
    refund_amount: "5.00",
    refund_status: "SUCCESS",
  });

  test("of a refund that nobody asked for is booked, moves no payment, and opens a case", async () => {
    const placed = await startedOrder(shop);
    await tell(shop, paid(placed));

    const { id } = await hear(shop, refundWords(placed.payment.outTradeNo));
    const outcome = await settleCallback(shop.engine, id);

    expect(outcome).toBe("refund_unknown");
    expect((await callbacks.find(shop.db, id))?.state).toBe("processed");
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", payments: ["succeeded"] });
    expect((await receipts.ofOrder(shop.db, placed.order.id))[0]?.refunded).toBe("5.00");
  });

  test("about a payment that we know is a case of that payment's order", async () => {
    const placed = await startedOrder(shop);
    await tell(shop, paid(placed));

    await tell(shop, { ...refundWords(placed.payment.outTradeNo), out_refund_no: "R00000002" });

    expect((await standing(shop, placed.order.id)).exceptions).toEqual(["refund_unknown"]);
  });
});

describe("the book of money", () => {
  test("keeps its rows for ever", async () => {
    const placed = await startedOrder(shop);
    await tell(shop, paid(placed));

    await expect(shop.db.deleteFrom("receipts").where("order_id", "=", placed.order.id).execute()).rejects.toThrow(
      "append-only",
    );
    expect(await receipts.ofOrder(shop.db, placed.order.id)).toHaveLength(1);
  });
});
