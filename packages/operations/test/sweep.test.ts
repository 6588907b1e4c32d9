import { callbacks, openDatabase } from "@zhanggui/db";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  type PaymentView,
  cancelUnpaid,
  rebuildAfterBreak,
  rebuildQueues,
  recordCallback,
  settleCallback,
  sweep,
} from "../src/index.ts";
import {
  type Shop,
  expectMoneyAccounted,
  expectStockConserved,
  hear,
  openShop,
  order,
  paid,
  passDeadline,
  standing,
  startedOrder,
  withoutQueue,
} from "./support/shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterEach(async () => {
  await expectStockConserved(shop);
  await expectMoneyAccounted(shop);
  await leaveNothingToDo();
});
afterAll(() => shop.close());

/** The sweep takes whatever waits, so no test may leave the next one anything. */
async function leaveNothingToDo(): Promise<void> {
  await shop.db.deleteFrom("duties").execute();
  await shop.db.updateTable("callbacks").set({ state: "ignored" }).where("state", "=", "received").execute();
  await cancelUnpaid(shop.engine, { minutes: 0, limit: 500, dryRun: false, actor: "test" });
}

/** As if the notices had been acknowledged a minute ago. */
async function age(ids: readonly string[]): Promise<void> {
  const last_received_at = new Date(Date.now() - 60_000);
  await shop.db.updateTable("callbacks").set({ last_received_at }).where("id", "in", ids).execute();
}

async function waitingNotice(words: Readonly<Record<string, string>> = {}) {
  const placed = await startedOrder(shop);
  const { id } = await hear(shop, paid(placed, words));
  return { id, placed };
}

describe("the sweep", () => {
  test("leaves alone what is being settled right now and what is not due", async () => {
    await waitingNotice();
    await order(shop);

    expect(await sweep(shop.engine, 30)).toEqual({ rearmed: 0, settledHere: 0, expired: 0, refunds: 0, asked: 0 });
  });

  test("is done by one of twenty workers that ask at once", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => sweep(shop.engine, 30)));

    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1);
  });

  test("is done again when its time has come", async () => {
    await sweep(shop.engine, 30);
    const tooEarly = await sweep(shop.engine, 30);

    expect(tooEarly).toBeUndefined();
    expect(await sweep(shop.engine, 0)).toBeDefined();
  });

  test("puts acknowledged notices back into the queue, and not the settled ones", async () => {
    const [lost, done] = [await waitingNotice(), await waitingNotice()];
    await settleCallback(shop.engine, done.id);
    await age([lost.id, done.id]);
    shop.asked.resettle.length = 0;

    const swept = await sweep(shop.engine, 30);

    expect(swept).toMatchObject({ rearmed: 1, settledHere: 0 });
    expect(shop.asked.resettle.map(({ id }) => id)).toEqual([lost.id]);
  });

  test("names each notice by what its job is deduplicated by", async () => {
    const { id } = await waitingNotice();
    const rung = shop.asked.settle.at(-1);
    await age([id]);

    await sweep(shop.engine, 30);

    expect(shop.asked.resettle.at(-1)).toEqual(rung);
  });

  test("settles the notices itself when the queue cannot be reached", async () => {
    const waiting = [await waitingNotice(), await waitingNotice(), await waitingNotice()];
    await age(waiting.map(({ id }) => id));

    const swept = await sweep(withoutQueue(shop), 30);

    expect(swept).toMatchObject({ rearmed: 0, settledHere: 3 });
    for (const { placed } of waiting) expect((await standing(shop, placed.order.id)).order).toBe("paid");
  });

  test("expires what its timer missed, also without a queue", async () => {
    const placed = [await startedOrder(shop), await startedOrder(shop)];
    for (const { order: late } of placed) await passDeadline(shop, late.id);

    const swept = await sweep(withoutQueue(shop), 30);

    expect(swept).toMatchObject({ expired: 2 });
    for (const { order: late } of placed) expect((await standing(shop, late.id)).order).toBe("cancelled");
  });

  test("settles money before it expires the order that waits for it", async () => {
    const { id, placed } = await waitingNotice();
    await age([id]);
    await passDeadline(shop, placed.order.id);

    const swept = await sweep(withoutQueue(shop), 30);

    expect(swept).toMatchObject({ settledHere: 1, expired: 0 });
    expect((await standing(shop, placed.order.id)).order).toBe("paid");
  });

  test("goes on with the next one when one cannot be done", async () => {
    const poison = await poisonNotice("1", (await startedOrder(shop)).payment);
    const good = await waitingNotice();
    await age([poison, good.id]);

    const swept = await sweep(withoutQueue(shop), 30);

    expect(swept).toMatchObject({ settledHere: 1 });
    expect((await standing(shop, good.placed.order.id)).order).toBe("paid");
  });

  test("reaches money behind a hundred notices that cannot be settled", async () => {
    const { payment } = await startedOrder(shop);
    const poison = await Promise.all(Array.from({ length: 100 }, (_, at) => poisonNotice(String(at), payment)));
    const good = await waitingNotice();
    await age([...poison, good.id]);

    for (let round = 0; round < 3; round += 1) await sweep(withoutQueue(shop), 0);

    expect((await standing(shop, good.placed.order.id)).order).toBe("paid");
  });

  test("stops at once when the database is gone", async () => {
    const url = "postgres://nobody@127.0.0.1:1/none";
    const gone = openDatabase({ url, name: "gone", poolSize: 1, onError: () => undefined });

    await expect(sweep({ ...shop.engine, db: gone }, 30)).rejects.toThrow("ECONNREFUSED");
    await gone.destroy();
  });
});

/** A notice that no verifier lets through: a success without a transaction. */
async function poisonNotice(name: string, payment: PaymentView): Promise<string> {
  const { id } = await recordCallback(shop.engine, {
    provider: "till",
    verifiedBy: "secret",
    notice: {
      eventType: "payment",
      eventKey: `poison.${name}.${payment.id}`,
      outTradeNo: payment.outTradeNo,
      amountMinor: 3_980,
      currency: "CNY",
      status: "succeeded",
      rawStatus: "SUCCESS",
    },
    headers: {},
    body: new Uint8Array(),
  });
  return id;
}

describe("rebuilding the queues", () => {
  test("asks for a timer for each pending order and a job for each waiting notice, and for nothing else", async () => {
    const [pending, settled] = [await order(shop), await waitingNotice()];
    await settleCallback(shop.engine, settled.id);
    const waiting = await waitingNotice();
    shop.asked.expireAt.length = 0;
    shop.asked.resettle.length = 0;

    const rebuilt = await rebuildQueues(shop.engine);

    expect(rebuilt).toEqual({ timers: 2, notices: 1, refunds: 0 });
    expect(shop.asked.expireAt).toEqual([
      { orderId: pending.order.id, at: new Date(pending.order.expiresAt) },
      { orderId: waiting.placed.order.id, at: new Date(waiting.placed.order.expiresAt) },
    ]);
    expect(shop.asked.resettle.map(({ id }) => id)).toEqual([waiting.id]);
  });

  test("twice asks for the same again", async () => {
    await waitingNotice();

    expect(await rebuildQueues(shop.engine)).toEqual(await rebuildQueues(shop.engine));
  });

  test("finds everything when there is more than one page", async () => {
    const { order: pending } = await order(shop);
    const { id } = await waitingNotice();
    const row = await callbacks.find(shop.db, id);
    const many = Array.from({ length: 1_234 }, (_, at) => `cb_0${String(at).padStart(5, "0")}`);
    const { amount_minor, currency, event_type, out_trade_no, provider, raw_status, status } = row ?? missing();
    const common = { amount_minor, currency, event_type, out_trade_no, provider, raw_status, status };
    await shop.db
      .insertInto("callbacks")
      .values(many.map((at) => ({ ...common, id: at, event_key: at, headers: "{}", body: Buffer.alloc(0) })))
      .execute();
    shop.asked.resettle.length = 0;

    expect(await rebuildQueues(shop.engine)).toMatchObject({ notices: 1_235 });
    expect(new Set(shop.asked.resettle.map((notice) => notice.id)).size).toBe(1_235);
    expect(pending.status).toBe("pending");
    await shop.db.deleteFrom("callbacks").where("id", "in", many).execute();
  });

  test("is done by one worker of a pool whose queue came back", async () => {
    const rebuilt = await Promise.all(Array.from({ length: 10 }, () => rebuildAfterBreak(shop.engine)));

    expect(rebuilt.filter((done) => done !== undefined)).toHaveLength(1);
  });

  test("says that the queue cannot be reached instead of pretending", async () => {
    await order(shop);

    await expect(rebuildQueues(withoutQueue(shop))).rejects.toThrow("no queue");
  });
});

function missing(): never {
  throw new Error("the notice is gone");
}
