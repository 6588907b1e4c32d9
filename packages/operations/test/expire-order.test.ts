import { exceptions, orders } from "@zhanggui/db";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addPayment, cancelUnpaid, expireOrder, placeOrder, startPayment } from "../src/index.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import {
  type Shop,
  actionsOf,
  countersOf,
  customerId,
  expectMoneyAccounted,
  expectStockConserved,
  openShop,
  order,
  paid,
  passDeadline,
  standing,
  startedOrder,
  stock,
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

function expire(orderId: string) {
  return expireOrder(shop.engine, { orderId });
}

/** An order past its deadline, its attempt started at the gateway that is called. */
async function dueAtGate() {
  const placed = await startedOrder(shop, { provider: "gate" });
  await passDeadline(shop, placed.order.id);
  gateway.calls.length = 0;
  return placed;
}

/** As if the gateways had been asked for so long. */
async function closingFor(orderId: string, seconds: number): Promise<void> {
  const closing_since = new Date(Date.now() - seconds * 1_000);
  await shop.db.updateTable("orders").set({ closing_since }).where("id", "=", orderId).execute();
}

const unpaid = { code: "SUCCESS", status: "NOTPAY", amount: "39.80" };

describe("an order that is not to expire", () => {
  test("before its deadline stays as it is", async () => {
    const placed = await startedOrder(shop);

    expect(await expire(placed.order.id)).toEqual({ kind: "not_due", dueInMs: expect.closeTo(1_800_000, -4) });
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "pending", payments: ["processing"] });
  });

  test("by its deadline in the database, whatever this machine's clock says", async () => {
    const placed = await startedOrder(shop);
    const wrongClock = { ...shop.engine, outside: { fetch, now: () => new Date("2099-01-01") } };

    expect(await expireOrder(wrongClock, { orderId: placed.order.id })).toMatchObject({ kind: "not_due" });
  });

  test("because it is paid lets its timer go", async () => {
    const placed = await startedOrder(shop);
    await tell(shop, paid(placed));
    await passDeadline(shop, placed.order.id);

    expect(await expire(placed.order.id)).toEqual({ kind: "ended" });
    expect(shop.asked.forgetExpiry.at(-1)).toBe(placed.order.id);
    expect((await standing(shop, placed.order.id)).order).toBe("paid");
  });

  test("because it does not exist lets its timer go", async () => {
    expect(await expire("ord_rolled_back")).toEqual({ kind: "ended" });
  });
});

describe("an order that nobody paid in time", () => {
  test("is cancelled with its open attempts, its stock free again, in one go", async () => {
    const sku = await stock(shop, 4);
    const placed = await startedOrder(shop, { items: [{ sku, quantity: 3 }] });
    await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "other" });
    const failed = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "other" });
    await tell(shop, paid({ payment: failed }, { status: "FAIL" }), "other");
    await passDeadline(shop, placed.order.id);

    expect(await expire(placed.order.id)).toEqual({ kind: "expired" });

    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "cancelled",
      payments: ["expired", "expired", "failed"],
      holds: "released",
      exceptions: [],
    });
    expect(await countersOf(shop, sku)).toEqual({ available: 4, reserved: 0, sold: 0 });
    expect((await orders.find(shop.db, placed.order.id))?.cancel_reason).toBe("expired");
  });

  test("is released once, however often and from wherever its timer rings", async () => {
    const sku = await stock(shop, 4);
    const placed = await startedOrder(shop, { items: [{ sku, quantity: 3 }] });
    await passDeadline(shop, placed.order.id);

    const rings = await Promise.all(Array.from({ length: 10 }, () => expire(placed.order.id)));
    const late = await expire(placed.order.id);

    expect(rings.filter(({ kind }) => kind === "expired")).toHaveLength(1);
    expect(rings.filter(({ kind }) => kind === "ended")).toHaveLength(9);
    expect(late).toEqual({ kind: "ended" });
    expect(await countersOf(shop, sku)).toEqual({ available: 4, reserved: 0, sold: 0 });
    expect((await actionsOf(shop, placed.order.id)).filter((action) => action === "order.cancel")).toHaveLength(1);
  });

  test("is cancelled although the queue cannot be reached", async () => {
    const placed = await startedOrder(shop);
    await passDeadline(shop, placed.order.id);

    expect(await expireOrder(withoutQueue(shop), { orderId: placed.order.id })).toEqual({ kind: "expired" });
  });

  test("asks no gateway for an attempt that was never started", async () => {
    const placed = await order(shop, { provider: "gate" });
    await passDeadline(shop, placed.order.id);

    expect(await expire(placed.order.id)).toEqual({ kind: "expired" });
    expect(gateway.calls).toEqual([]);
  });
});

describe("an order whose gateway is asked first", () => {
  test("is paid when the gateway says so, even after the deadline", async () => {
    const placed = await dueAtGate();
    const words = paid(placed);
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...words }) });

    expect(await expire(placed.order.id)).toEqual({ kind: "ended" });
    expect(await standing(shop, placed.order.id)).toEqual({
      order: "paid",
      payments: ["succeeded"],
      effective: 1,
      holds: "consumed",
      money: ["39.80"],
      exceptions: [],
    });
    expect(await tell(shop, words, "gate")).toBe("repeat");
  });

  test("is closed there before it is cancelled here", async () => {
    const placed = await dueAtGate();
    let here: string | undefined;
    gateway.answer({
      "/query": () => unpaid,
      "/close": async () => {
        here = (await orders.find(shop.db, placed.order.id))?.status;
        return { code: "SUCCESS" };
      },
    });

    expect(await expire(placed.order.id)).toEqual({ kind: "expired" });
    expect(gateway.calls).toEqual(["/query", "/close"]);
    expect(here).toBe("pending");
  });

  test("is paid when the gateway refuses to close it because it has just been paid", async () => {
    const placed = await dueAtGate();
    let queries = 0;
    gateway.answer({
      "/query": () => ((queries += 1) === 1 ? unpaid : { code: "SUCCESS", ...paid(placed) }),
      "/close": () => ({ code: "PAID" }),
    });

    expect(await expire(placed.order.id)).toEqual({ kind: "ended" });
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", payments: ["succeeded"] });
  });

  test.each(["USERPAYING", "accept"])("comes back while the buyer is paying (%s), and then is paid", async (status) => {
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => ({ ...unpaid, status }) });

    expect(await expire(placed.order.id)).toMatchObject({ kind: "closing", why: "the buyer is paying" });
    expect(gateway.calls).toEqual(["/query"]);
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "pending", holds: "held" });
    expect(await tell(shop, paid(placed), "gate")).toBe("paid");
    expect((await orders.find(shop.db, placed.order.id))?.closing_since).toBeNull();
  });

  test("takes no further attempt while it is being closed", async () => {
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => undefined });
    await expire(placed.order.id);
    await passDeadline(shop, placed.order.id, -600);

    const adding = addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "other" });
    const starting = startPayment(shop.engine, { customerId, paymentId: placed.payment.id });

    await Promise.all([
      expect(adding).rejects.toMatchObject({ code: "order_expired" }),
      expect(starting).rejects.toMatchObject({ code: "order_expired" }),
    ]);
  });

  test("waits for a gateway that cannot be heard, and remembers since when", async () => {
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => undefined });

    const first = await expire(placed.order.id);
    const since = (await orders.find(shop.db, placed.order.id))?.closing_since;
    const second = await expire(placed.order.id);

    expect([first.kind, second.kind]).toEqual(["closing", "closing"]);
    expect((await orders.find(shop.db, placed.order.id))?.closing_since).toEqual(since);
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "pending", exceptions: [] });
  });

  test("is cancelled after five minutes of silence, with a case for what the gateway may still say", async () => {
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => undefined });
    await expire(placed.order.id);
    await closingFor(placed.order.id, 301);

    expect(await expire(placed.order.id)).toEqual({ kind: "expired" });
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "cancelled",
      payments: ["expired"],
      holds: "released",
      exceptions: ["gateway_unreachable"],
    });
    expect(await tell(shop, paid(placed), "gate")).toBe("late_payment");
  });

  test("is not cancelled a moment before the five minutes are over", async () => {
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => undefined });
    await closingFor(placed.order.id, 295);

    expect((await expire(placed.order.id)).kind).toBe("closing");
  });

  test("that says paid on close and unpaid on query is asked again", async () => {
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => unpaid, "/close": () => ({ code: "PAID" }) });

    expect((await expire(placed.order.id)).kind).toBe("closing");
    expect((await standing(shop, placed.order.id)).order).toBe("pending");
  });

  test("whose attempt failed there fails here too, and the order expires", async () => {
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => ({ ...unpaid, status: "PAYERROR" }) });

    expect(await expire(placed.order.id)).toEqual({ kind: "expired" });
    expect((await standing(shop, placed.order.id)).payments).toEqual(["failed"]);
  });

  test("that has the wrong amount has its money booked and a case opened, and the order expires", async () => {
    const placed = await dueAtGate();
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed, { amount: "39.79" }) }) });

    expect(await expire(placed.order.id)).toEqual({ kind: "expired" });
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "cancelled",
      money: ["39.79"],
      exceptions: ["amount_mismatch"],
    });
  });

  test("and repeats what a short-paid notice said opens no second case for the same transaction", async () => {
    const placed = await dueAtGate();
    const words = paid(placed, { amount: "39.79" });
    await tell(shop, words, "gate");
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...words }) });

    await expire(placed.order.id);

    expect((await standing(shop, placed.order.id)).exceptions).toEqual(["amount_mismatch"]);
  });

  test("again and again opens one case for one transaction", async () => {
    const placed = await dueAtGate();
    const words = paid(placed, { amount: "39.79" });
    await passDeadline(shop, placed.order.id, -600);
    const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "gate" });
    await startPayment(shop.engine, { customerId, paymentId: second.id });
    await passDeadline(shop, placed.order.id);
    gateway.answer({
      "/query": (call) =>
        call["out_trade_no"] === second.outTradeNo
          ? { ...unpaid, status: "USERPAYING" }
          : { code: "SUCCESS", ...words },
    });

    for (let tick = 0; tick < 3; tick += 1) await expire(placed.order.id);

    expect((await standing(shop, placed.order.id)).exceptions).toEqual(["amount_mismatch"]);
  });
});

describe("two attempts at a gateway that is asked", () => {
  test("one paid and one paying: the order is paid", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "gate" });
    await startPayment(shop.engine, { customerId, paymentId: second.id });
    await passDeadline(shop, placed.order.id);
    gateway.answer({
      "/query": (call) =>
        call["out_trade_no"] === second.outTradeNo
          ? { code: "SUCCESS", ...paid({ payment: second }) }
          : { ...unpaid, status: "USERPAYING" },
    });

    expect(await expire(placed.order.id)).toEqual({ kind: "ended" });
    expect((await standing(shop, placed.order.id)).order).toBe("paid");
  });
});

describe("cancel-unpaid", () => {
  const report = (request: Partial<Parameters<typeof cancelUnpaid>[1]>) =>
    cancelUnpaid(own.engine, { minutes: 0, limit: 500, dryRun: false, actor: "ops", ...request });

  let own: Shop;
  beforeAll(async () => {
    own = await openShop({ gateUrl: gateway.url });
  });
  afterAll(() => own.close());

  test("finds nothing younger than it was asked for", async () => {
    await order(own);

    expect(await report({ minutes: 30 })).toEqual([]);
  });

  test("as a dry run names the orders and touches nothing", async () => {
    const placed = await order(own);

    const lines = await report({ dryRun: true });

    expect(lines.map(({ outcome }) => outcome)).toEqual(["would_cancel", "would_cancel"]);
    expect(lines.at(-1)).toMatchObject({ number: placed.order.number, amount: "39.80" });
    expect((await standing(own, placed.order.id)).order).toBe("pending");
  });

  test("takes the oldest first, at most as many as it may", async () => {
    const dry = await report({ dryRun: true });

    const lines = await report({ limit: 1 });

    expect(lines).toEqual([{ ...dry[0], outcome: "cancelled" }]);
  });

  test("cancels what is left, by the operation of the timer, and says who asked", async () => {
    const placed = await startedOrder(own, { provider: "gate" });
    const waiting = await startedOrder(own, { provider: "gate" });
    const settled = await startedOrder(own, { provider: "gate" });
    gateway.answer({
      "/query": (call) => {
        if (call["out_trade_no"] === waiting.payment.outTradeNo) return undefined;
        return call["out_trade_no"] === settled.payment.outTradeNo ? { code: "SUCCESS", ...paid(settled) } : unpaid;
      },
    });

    const lines = await report({});

    const outcomes = new Map(lines.map(({ number, outcome }) => [number, outcome]));
    expect(outcomes.get(placed.order.number)).toBe("cancelled");
    expect(outcomes.get(waiting.order.number)).toBe("waits_for_gateway");
    expect(outcomes.get(settled.order.number)).toBe("paid_meanwhile");
    expect((await orders.find(own.db, placed.order.id))?.cancel_reason).toBe("unpaid");
    const history = await own.db
      .selectFrom("audit")
      .select("actor")
      .where("order_id", "=", placed.order.id)
      .where("action", "=", "order.cancel")
      .execute();
    expect(history).toEqual([{ actor: "ops" }]);
    await expectStockConserved(own);
    await expectMoneyAccounted(own);
  });

  test("leaves an order that it could not close payable until its deadline", async () => {
    const waiting = await startedOrder(own, { provider: "gate" });
    gateway.answer({ "/query": () => undefined });
    await report({});
    gateway.answer({});

    const started = await startPayment(own.engine, { customerId, paymentId: waiting.payment.id });

    expect(started.action.type).toBe("redirect");
  });
});

describe("an order of a provider that the shop has no longer", () => {
  test("expires without asking anybody", async () => {
    const sku = await stock(shop, 1);
    const placed = await placeOrder(shop.engine, { customerId, provider: "gate", items: [{ sku, quantity: 1 }] });
    await startPayment(shop.engine, { customerId, paymentId: placed.payment.id });
    await passDeadline(shop, placed.order.id);
    const providers = new Map([...shop.engine.providers].filter(([id]) => id !== "gate"));

    const expiry = await expireOrder({ ...shop.engine, providers }, { orderId: placed.order.id });

    expect(expiry).toEqual({ kind: "expired" });
    expect(await exceptions.ofOrder(shop.db, placed.order.id)).toEqual([]);
  });
});
