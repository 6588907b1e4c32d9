import { gatewayQueries, orders, payments } from "@zhanggui/db";
import { beforeEach, describe, expect, test } from "vitest";

import {
  type Engine,
  addPayment,
  cancelOrder,
  expireOrder,
  queryPayments,
  requestQuery,
  startPayment,
  sweep,
} from "../src/index.ts";
import { type GatewayServer, startGateway } from "./support/gateway-server.ts";
import { age, forgetQueries, makeDue, planOf } from "./support/queries.ts";
import {
  type Shop,
  customerId,
  paid,
  passDeadline,
  secret,
  standing,
  startedOrder,
  tell,
  withoutQueue,
} from "./support/shop.ts";
import { useShopAtGateway } from "./support/use-shop-at-gateway.ts";

let gateway: GatewayServer;
let shop: Shop;
useShopAtGateway((itsShop, itsGateway) => {
  shop = itsShop;
  gateway = itsGateway;
});
beforeEach(() => forgetQueries(shop));

const asked = (engine: Engine = shop.engine) => queryPayments(engine);

/** An order whose attempt was started at the gateway that is called; nothing was asked about it yet. */
async function atGate() {
  const placed = await startedOrder(shop, { provider: "gate" });
  gateway.calls.length = 0;
  return placed;
}

async function dueAtGate() {
  const placed = await atGate();
  await makeDue(shop, placed.payment.id);
  return placed;
}

function tracesOf(orderId: string) {
  return gatewayQueries.ofOrder(shop.db, orderId);
}

describe("a started attempt", () => {
  test("is asked about ten seconds after its start, and not before", async () => {
    const { payment } = await atGate();

    expect((await planOf(shop, payment.id)).inSeconds).toBeCloseTo(10, -1);
    expect(await asked()).toEqual({ asked: 0 });
    expect(gateway.calls).toEqual([]);
  });

  test("at a gateway that only calls us is not asked about", async () => {
    const { payment } = await startedOrder(shop);

    expect((await planOf(shop, payment.id)).next_query_at).toBeNull();
  });

  test("whose callback never comes makes its order paid", async () => {
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });

    expect(await asked()).toEqual({ asked: 1 });

    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "paid",
      payments: ["succeeded"],
      effective: 1,
    });
    expect(await planOf(shop, placed.payment.id)).toMatchObject({ next_query_at: null, queries: 1 });
    expect(shop.asked.forgetExpiry.at(-1)).toBe(placed.order.id);
  });

  test("that was settled by its callback is not asked about any more", async () => {
    const placed = await atGate();
    await tell(shop, paid(placed), "gate");

    expect((await planOf(shop, placed.payment.id)).next_query_at).toBeNull();
  });

  test.each([
    ["not paid", { code: "SUCCESS", status: "NOTPAY", amount: "39.80" }, "NOTPAY"],
    ["being paid", { code: "SUCCESS", status: "USERPAYING", amount: "39.80" }, "USERPAYING"],
    ["not known", { code: "NOT_FOUND" }, "not_found"],
    ["not told", undefined, expect.stringContaining("fetch failed")],
  ])("that is %s stays as it is and is asked about again later", async (_, words, answer) => {
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => words });
    await age(shop, placed.payment.id, 45);

    await asked();

    const plan = await planOf(shop, placed.payment.id);
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "pending",
      payments: ["processing"],
      money: [],
    });
    expect(plan).toMatchObject({ queries: 1, last_answer: answer, querying_until: null });
    expect(plan.inSeconds).toBeGreaterThan(55);
    expect(plan.inSeconds).toBeLessThanOrEqual(72);
    expect(gateway.calls).toEqual(["/query"]);
  });

  test("that its gateway calls failed has failed", async () => {
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => ({ code: "SUCCESS", status: "PAYERROR", amount: "39.80" }) });

    await asked();

    expect((await standing(shop, placed.order.id)).payments).toEqual(["failed"]);
    // Its buyer may try again under the same number.
    expect((await planOf(shop, placed.payment.id)).inSeconds).toBeGreaterThan(5);
  });

  test("is asked about by one worker, however many look at the same time", async () => {
    await dueAtGate();

    const runs = await Promise.all(Array.from({ length: 8 }, () => asked()));

    expect(runs.reduce((sum, run) => sum + run.asked, 0)).toBe(1);
    expect(gateway.calls).toEqual(["/query"]);
  });

  test("whose asker died is asked about when the claim has run out", async () => {
    const { payment } = await dueAtGate();
    const claim = (querying_until: Date) =>
      shop.db.updateTable("payments").set({ querying_until }).where("id", "=", payment.id).execute();

    await claim(new Date(Date.now() + 60_000));
    expect(await asked()).toEqual({ asked: 0 });
    await claim(new Date(Date.now() - 1_000));
    expect(await asked()).toEqual({ asked: 1 });
  });

  test("is found by the sweep when the queue is empty or away", async () => {
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });

    expect(await sweep(withoutQueue(shop), 0)).toMatchObject({ asked: 1 });

    expect((await standing(shop, placed.order.id)).order).toBe("paid");
  });

  test("is asked about while no transaction is open", async () => {
    const placed = await dueAtGate();
    let free: unknown;
    gateway.answer({
      "/query": async () => {
        free = await shop.db.transaction().execute(async (tx) => ({
          order: await orders.lock(tx, placed.order.id),
          payment: await payments.lock(tx, placed.payment.id),
        }));
        return { code: "NOT_FOUND" };
      },
    });

    await asked();

    expect(free).toMatchObject({ order: { id: placed.order.id }, payment: { id: placed.payment.id } });
  });
});

describe("every call leaves a trace", () => {
  test("with the gateway's word, or why there was none", async () => {
    const placed = await dueAtGate();
    await asked();
    await makeDue(shop, placed.payment.id);
    gateway.answer({ "/query": () => undefined });
    await asked();

    expect(await tracesOf(placed.order.id)).toMatchObject([
      { payment_id: placed.payment.id, call: "query", answer: "found", says: "NOTPAY" },
      {
        payment_id: placed.payment.id,
        call: "query",
        answer: "unknown",
        says: expect.stringContaining("fetch failed"),
      },
    ]);
  });

  test("of which the newest fifty of a payment are kept", async () => {
    const placed = await atGate();
    for (let count = 1; count <= 60; count += 1) {
      await gatewayQueries.write(shop.db, {
        paymentId: placed.payment.id,
        call: "query",
        answer: "found",
        says: `word ${count}`,
        ms: 1,
      });
    }

    const kept = await tracesOf(placed.order.id);

    expect(kept).toHaveLength(50);
    expect(kept.at(0)?.says).toBe("word 11");
    expect(kept.at(-1)?.says).toBe("word 60");
  });
});

describe('a customer who says "I have paid"', () => {
  const say = (paymentId: string, customer = customerId) =>
    requestQuery(shop.engine, { customerId: customer, paymentId });

  test("is not believed, but the gateway is asked at once", async () => {
    const placed = await atGate();
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });

    expect(await say(placed.payment.id)).toMatchObject({ id: placed.payment.id, status: "processing" });
    expect(shop.asked.query.at(-1)).toBe(placed.payment.id);
    await asked();

    expect((await standing(shop, placed.order.id)).order).toBe("paid");
  });

  test("again and again has it asked once in five seconds", async () => {
    const { payment } = await atGate();
    shop.asked.query.length = 0;

    for (let time = 0; time < 5; time += 1) await say(payment.id);
    await asked();
    await say(payment.id);
    await asked();

    expect(shop.asked.query).toEqual([payment.id]);
    expect(gateway.calls).toEqual(["/query"]);

    const last_query_at = new Date(Date.now() - 5_500);
    await shop.db.updateTable("payments").set({ last_query_at }).where("id", "=", payment.id).execute();
    await say(payment.id);
    expect(await asked()).toEqual({ asked: 1 });
  });

  test("and is somebody else is told of no such payment", async () => {
    const { payment } = await atGate();

    await expect(say(payment.id, "customer-2")).rejects.toMatchObject({ code: "payment_not_found" });
    await expect(say("pay_none")).rejects.toMatchObject({ code: "payment_not_found" });
  });

  test("is heard although the queue is away", async () => {
    const { payment } = await atGate();

    await requestQuery(withoutQueue(shop), { customerId, paymentId: payment.id });

    expect(await asked()).toEqual({ asked: 1 });
  });

  test("after the order expired finds the late money", async () => {
    const placed = await atGate();
    await passDeadline(shop, placed.order.id);
    await expireOrder(shop.engine, { orderId: placed.order.id });
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });
    await shop.db.updateTable("payments").set({ last_query_at: null }).where("id", "=", placed.payment.id).execute();

    await say(placed.payment.id);
    await asked();

    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "cancelled",
      payments: ["succeeded"],
      exceptions: ["late_payment"],
    });
  });

  test("of a payment at a gateway that only calls us changes nothing", async () => {
    const { payment } = await startedOrder(shop);

    expect(await say(payment.id)).toMatchObject({ status: "processing" });
    expect((await planOf(shop, payment.id)).next_query_at).toBeNull();
  });
});

describe("a gateway that does not answer", () => {
  /** The shop with one more provider, whose gateway takes every call and says nothing. */
  async function withHung(attempts: number) {
    let inFlight = 0;
    let most = 0;
    const hung = await startGateway();
    const held = Promise.withResolvers<void>();
    hung.answer({
      "/query": async () => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await held.promise;
        inFlight -= 1;
        return undefined;
      },
    });
    const engine: Engine = {
      ...shop.engine,
      providers: new Map([...shop.engine.providers, ["hung", { kind: "hmac", secret, baseUrl: hung.url }]]),
    };
    for (let count = 0; count < attempts; count += 1) {
      const placed = await startedOrder({ ...shop, engine }, { provider: "hung" });
      await makeDue(shop, placed.payment.id);
    }
    return {
      engine,
      hung,
      most: () => most,
      release: async () => {
        held.resolve();
        await hung.stop();
      },
    };
  }

  test("holds up no other provider, and no more than ten of its own calls", async () => {
    const { engine, hung, most, release } = await withHung(25);
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });

    const first = asked(engine);
    await expect.poll(async () => (await standing(shop, placed.order.id)).order).toBe("paid");
    const second = asked(engine);
    const next = await dueAtGate();
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(next) }) });
    await asked(engine);

    expect((await standing(shop, next.order.id)).order).toBe("paid");
    expect(most()).toBe(10);
    await release();
    await Promise.all([first, second]);
    expect(hung.calls.filter((path) => path === "/query").length).toBeLessThanOrEqual(10);
  });

  test("ten times in a row is left in peace, then tried with one call, and taken up again when it answers", async () => {
    const many: string[] = [];
    for (let count = 0; count < 12; count += 1) many.push((await dueAtGate()).payment.id);
    gateway.answer({ "/query": () => undefined });

    await asked();
    expect(gateway.calls).toHaveLength(10);
    expect(await asked()).toEqual({ asked: 0 });

    const rested = () => shop.db.updateTable("provider_health").set({ resting_until: null }).execute();
    await rested();
    await asked();
    expect(gateway.calls).toHaveLength(11);

    gateway.answer({});
    await rested();
    await asked();
    expect(gateway.calls).toHaveLength(1);
    for (const id of many) await makeDue(shop, id);
    await asked();
    expect(gateway.calls).toHaveLength(13);
  });

  test("for so long is not called when an order expires either, and the order waits as for any silence", async () => {
    for (let count = 0; count < 10; count += 1) await dueAtGate();
    gateway.answer({ "/query": () => undefined });
    await asked();
    const placed = await atGate();
    await passDeadline(shop, placed.order.id);
    gateway.calls.length = 0;

    expect(await expireOrder(shop.engine, { orderId: placed.order.id })).toMatchObject({ kind: "closing" });
    expect(gateway.calls).toEqual([]);
  });
});

describe("an attempt that ended here and was not closed there", () => {
  /** Cancelled by its customer while the gateway could not be heard. */
  async function leftOpen() {
    const placed = await atGate();
    gateway.answer({ "/query": () => undefined });
    await cancelOrder(shop.engine, { orderId: placed.order.id, customerId, actor: customerId });
    gateway.answer({});
    return placed;
  }

  test("is asked about a minute later, closed there, and then forgotten", async () => {
    const { payment } = await leftOpen();
    const plan = await planOf(shop, payment.id);
    expect(plan).toMatchObject({ status: "cancelled", left_open: true });
    expect(plan.inSeconds).toBeCloseTo(60, -1);

    await makeDue(shop, payment.id);
    await asked();

    expect(gateway.calls).toEqual(["/query", "/close"]);
    expect(await planOf(shop, payment.id)).toMatchObject({
      left_open: false,
      next_query_at: null,
      last_answer: "closed",
    });
  });

  test("has its late money found without a callback", async () => {
    const placed = await leftOpen();
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });
    await makeDue(shop, placed.payment.id);

    await asked();

    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "cancelled",
      payments: ["succeeded"],
      money: ["39.80"],
      exceptions: ["late_payment"],
    });
    expect(await planOf(shop, placed.payment.id)).toMatchObject({ left_open: false, next_query_at: null });
  });

  test.each([
    ["unheard", undefined],
    ["unknown there", { code: "NOT_FOUND" }],
  ])("and stays %s is asked about four times, the last a day later", async (_, words) => {
    const { payment } = await leftOpen();
    gateway.answer({ "/query": () => words, "/close": () => words });
    const waits: (number | undefined)[] = [];

    for (const endedSeconds of [61, 601, 3_601, 86_401]) {
      await age(shop, payment.id, endedSeconds);
      await makeDue(shop, payment.id);
      await asked();
      waits.push((await planOf(shop, payment.id)).inSeconds);
    }

    expect(waits.map((wait) => wait && Math.round(wait / 100) * 100)).toEqual([500, 3_000, 82_800, undefined]);
    expect(await planOf(shop, payment.id)).toMatchObject({ status: "cancelled", left_open: true });
  });

  test("because another attempt paid its order is closed there later, and its money is surplus", async () => {
    const placed = await atGate();
    const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "till" });
    await startPayment(shop.engine, { customerId, paymentId: second.id });
    gateway.answer({ "/query": () => undefined });
    await tell(shop, paid({ payment: second }));
    expect(await planOf(shop, placed.payment.id)).toMatchObject({ status: "cancelled", left_open: true });

    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });
    await makeDue(shop, placed.payment.id);
    await asked();

    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "paid",
      payments: ["succeeded", "succeeded"],
      effective: 1,
      exceptions: ["surplus_payment"],
    });
  });
});
