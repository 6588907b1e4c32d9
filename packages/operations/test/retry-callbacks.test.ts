import { audit, callbacks } from "@zhanggui/db";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  auditJobRetry,
  cancelOrder,
  preflightCallback,
  retryCallback,
  retryCallbacks,
  settleCallback,
} from "../src/index.ts";
import {
  type Shop,
  customerId,
  expectMoneyAccounted,
  expectStockConserved,
  hear,
  newTransactionId,
  openShop,
  paid,
  standing,
  startedOrder,
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

const asked = { actor: "operator-1", reason: "the customer called" };

/** A success whose job gave up before it could be settled. */
async function failedNotice(words?: Readonly<Record<string, string>>) {
  const placed = await startedOrder(shop);
  const { id } = await hear(shop, words ?? paid(placed));
  await callbacks.fail(shop.db, id, { error: "out of luck", final: true });
  return { id, placed };
}

async function parkedNotice(): Promise<string> {
  const words = { out_trade_no: "P99999999999", transaction_id: newTransactionId(), amount: "1.00", status: "SUCCESS" };
  const { id } = await hear(shop, words);
  await settleCallback(shop.engine, id);
  return id;
}

describe("a retry is refused", () => {
  test("for a notice that nobody recorded", async () => {
    await expect(retryCallback(shop.engine, "cb_none", asked)).rejects.toMatchObject({ code: "callback_not_found" });
  });

  test("for one that waits, one that was processed and one that was ignored", async () => {
    const placed = await startedOrder(shop);
    const words = paid(placed);
    const waiting = await hear(shop, paid(await startedOrder(shop)));
    const processed = await hear(shop, words);
    await settleCallback(shop.engine, processed.id);
    const ignored = await hear(shop, { ...words, status: "FAIL" });
    await settleCallback(shop.engine, ignored.id);

    for (const { id } of [waiting, processed, ignored]) {
      await expect(retryCallback(shop.engine, id, asked)).rejects.toMatchObject({ code: "not_retryable" });
    }
    await settleCallback(shop.engine, waiting.id);
  });
});

describe("a retry", () => {
  test("of a failed notice settles it by the same job, and says who asked and why", async () => {
    const { id, placed } = await failedNotice();

    await retryCallback(shop.engine, id, asked);

    expect(shop.asked.resettle.at(-1)?.id).toBe(id);
    expect(await settleCallback(shop.engine, id)).toBe("paid");
    expect((await standing(shop, placed.order.id)).order).toBe("paid");
    const [entry] = await audit.page(shop.db, { entity: id, limit: 1 });
    expect(entry).toMatchObject({
      action: "callback.retry",
      actor: "operator-1",
      reason: "the customer called",
      before: { state: "failed" },
      after: { state: "received" },
    });
  });

  test("twenty times at once is taken once, the others hear that it is not retryable", async () => {
    const { id } = await failedNotice();

    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => retryCallback(shop.engine, id, asked)));

    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === "rejected") expect(answer.reason).toMatchObject({ code: "not_retryable" });
    }
    await settleCallback(shop.engine, id);
  });

  test("of an old notice works on today's rows: what was paid meanwhile by another transaction is surplus", async () => {
    const { id, placed } = await failedNotice();
    await tell(shop, paid(placed));

    await retryCallback(shop.engine, id, asked);

    expect(await settleCallback(shop.engine, id)).toBe("surplus_payment");
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", effective: 1 });
  });

  test("of an old notice for an order cancelled meanwhile is late money", async () => {
    const { id, placed } = await failedNotice();
    await cancelOrder(shop.engine, { orderId: placed.order.id, customerId, actor: customerId });

    await retryCallback(shop.engine, id, asked);

    expect(await settleCallback(shop.engine, id)).toBe("late_payment");
    expect((await standing(shop, placed.order.id)).holds).toBe("released");
  });

  test("of parked money books it once and opens no second case, however often it is retried", async () => {
    const id = await parkedNotice();

    for (let at = 0; at < 3; at += 1) {
      await retryCallback(shop.engine, id, asked);
      expect(await settleCallback(shop.engine, id)).toBe("unmatched_payment");
    }

    const opened = await shop.db.selectFrom("exceptions").selectAll().where("callback_id", "=", id).execute();
    const booked = await shop.db.selectFrom("receipts").selectAll().where("callback_id", "=", id).execute();
    expect([opened.length, booked.length]).toEqual([1, 1]);
  });

  test("of parked money whose payment is known now pays it and fills the book in", async () => {
    const placed = await startedOrder(shop);
    const words = paid(placed);
    await rename(placed.payment.id, "P00000009");
    const { id } = await hear(shop, words);
    await settleCallback(shop.engine, id);
    await rename(placed.payment.id, placed.payment.outTradeNo);

    await retryCallback(shop.engine, id, asked);

    expect(await settleCallback(shop.engine, id)).toBe("paid");
    expect((await standing(shop, placed.order.id)).money).toEqual(["39.80"]);
  });

  test("is taken although the queue cannot be reached", async () => {
    const { id } = await failedNotice();

    await retryCallback(withoutQueue(shop), id, asked);

    expect((await callbacks.find(shop.db, id))?.state).toBe("received");
    await settleCallback(shop.engine, id);
  });
});

async function rename(paymentId: string, out_trade_no: string): Promise<void> {
  await shop.db.updateTable("payments").set({ out_trade_no }).where("id", "=", paymentId).execute();
}

describe("a bulk retry", () => {
  test("takes up what its filter finds and nothing else", async () => {
    const failed = [await failedNotice(), await failedNotice()];
    const parked = await parkedNotice();

    const taken = await retryCallbacks(shop.engine, { state: "failed", provider: "till" }, asked);

    expect(taken).toBe(2);
    for (const { id } of failed) expect((await callbacks.find(shop.db, id))?.state).toBe("received");
    expect((await callbacks.find(shop.db, parked))?.state).toBe("parked");
    expect(await retryCallbacks(shop.engine, { state: "failed", provider: "nobody" }, asked)).toBe(0);
    for (const { id } of failed) await settleCallback(shop.engine, id);
  });

  test("finds by the number under which the gateway knows the attempt", async () => {
    const { id, placed } = await failedNotice();
    await failedNotice();

    const filter = { state: "failed", outTradeNo: placed.payment.outTradeNo } as const;

    expect(await retryCallbacks(shop.engine, filter, asked)).toBe(1);
    expect((await callbacks.find(shop.db, id))?.state).toBe("received");
    await settleCallback(shop.engine, id);
  });
});

describe("preflight", () => {
  test("knows no notice that nobody recorded", async () => {
    await expect(preflightCallback(shop.engine, "cb_none")).rejects.toMatchObject({ code: "callback_not_found" });
  });

  test("says what a retry would do, changes nothing, and the retry does it", async () => {
    const { id, placed } = await failedNotice();
    const before = await standing(shop, placed.order.id);

    const preflight = await preflightCallback(shop.engine, id);

    expect(preflight).toMatchObject({ retryable: true, ruling: "settle" });
    expect(preflight.summary).toContain(placed.order.number);
    expect(await standing(shop, placed.order.id)).toEqual(before);
    await retryCallback(shop.engine, id, asked);
    expect(await settleCallback(shop.engine, id)).toBe("paid");
  });

  test.each([
    ["surplus_payment", { status: "SUCCESS" }],
    ["outranked", { status: "FAIL" }],
  ])("says %s of an order that is paid already", async (ruling, words) => {
    const placed = await startedOrder(shop);
    await tell(shop, paid(placed));
    const { id } = await failedNotice(paid(placed, words));

    expect(await preflightCallback(shop.engine, id)).toMatchObject({ retryable: true, ruling });
  });

  test("says that a notice of nothing we know changes nothing", async () => {
    expect(await preflightCallback(shop.engine, await parkedNotice())).toMatchObject({
      retryable: true,
      ruling: "unmatched",
    });
  });

  test("says that what is settled is not to be retried", async () => {
    const { id } = await hear(shop, paid(await startedOrder(shop)));
    await settleCallback(shop.engine, id);

    expect(await preflightCallback(shop.engine, id)).toMatchObject({ retryable: false, ruling: "repeat" });
  });

  test("says surplus of a transaction that another payment has been paid with", async () => {
    const first = await startedOrder(shop);
    const second = await startedOrder(shop);
    const transaction_id = newTransactionId();
    await tell(shop, paid(first, { transaction_id }));
    const { id } = await failedNotice(paid(second, { transaction_id }));

    const { ruling } = await preflightCallback(shop.engine, id);
    await retryCallback(shop.engine, id, asked);

    expect(await settleCallback(shop.engine, id)).toBe("surplus_payment");
    expect(ruling).toBe("surplus_payment");
  });
});

describe("retrying a job", () => {
  test("is written down, and puts the notice it settles back in line", async () => {
    const { id } = await failedNotice();

    await auditJobRetry(shop.engine, { queue: "settle-callback", jobId: "till.x", callbackId: id, ...asked });

    expect((await callbacks.find(shop.db, id))?.state).toBe("received");
    const [entry] = await audit.page(shop.db, { entity: "settle-callback/till.x", limit: 1 });
    expect(entry).toMatchObject({ action: "job.retry", actor: "operator-1", reason: "the customer called" });
    await settleCallback(shop.engine, id);
  });
});
