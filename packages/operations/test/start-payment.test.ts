import { orders, payments } from "@zhanggui/db";
import { describe, expect, test } from "vitest";
import { addPayment, cancelOrder, startPayment } from "../src/index.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import {
  type Shop,
  actionsOf,
  countersOf,
  customerId,
  order,
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

function start(paymentId: string, customer = customerId) {
  return startPayment(shop.engine, { customerId: customer, paymentId });
}

describe("starting a payment is refused", () => {
  test("when there is none, and when it is somebody else's", async () => {
    const { payment } = await order(shop);

    await expect(start("pay_none")).rejects.toMatchObject({ code: "payment_not_found" });
    await expect(start(payment.id, "customer-2")).rejects.toMatchObject({ code: "payment_not_found" });
    expect((await payments.find(shop.db, payment.id))?.status).toBe("init");
  });

  test("after the order's deadline, also when its timer has not rung yet", async () => {
    const placed = await order(shop, { provider: "gate" });
    await passDeadline(shop, placed.order.id, 1);

    await expect(start(placed.payment.id)).rejects.toMatchObject({ code: "order_expired" });
    expect(gateway.calls).toEqual([]);
  });

  test("while the order's gateways are being closed", async () => {
    const placed = await order(shop);
    await shop.db.updateTable("orders").set({ closing_since: new Date() }).where("id", "=", placed.order.id).execute();

    await expect(start(placed.payment.id)).rejects.toMatchObject({ code: "order_expired" });
  });

  test("once the order is paid or cancelled, and once the attempt has ended", async () => {
    const settled = await order(shop);
    await tell(shop, paid(settled));
    const cancelled = await order(shop);
    await cancelOrder(shop.engine, { orderId: cancelled.order.id, customerId, actor: customerId });
    const failed = await order(shop);
    await tell(shop, paid(failed, { status: "FAIL" }));

    for (const { payment } of [settled, cancelled, failed]) {
      await expect(start(payment.id)).rejects.toMatchObject({ code: "order_not_payable" });
    }
  });

  test("with the attempt kept as processing when the gateway is not heard, so that it can be asked again", async () => {
    const placed = await order(shop, { provider: "gate" });
    gateway.answer({ "/pay": () => undefined });
    await expect(start(placed.payment.id)).rejects.toMatchObject({ code: "gateway_unavailable" });
    expect((await standing(shop, placed.order.id)).payments).toEqual(["processing"]);

    gateway.answer({});
    const { action } = await start(placed.payment.id);

    expect(action).toEqual({ type: "redirect", url: "http://cashier.test/1" });
  });
});

describe("starting a payment", () => {
  test("of a gateway that is not called asks the buyer for nothing", async () => {
    const placed = await order(shop);

    const started = await start(placed.payment.id);

    expect(started).toMatchObject({ payment: { status: "processing" }, action: { type: "none" } });
    expect(await actionsOf(shop, placed.order.id)).toEqual(["order.place", "payment.create", "payment.processing"]);
  });

  test("again answers the same action and neither calls nor writes again", async () => {
    const placed = await order(shop, { provider: "gate" });

    const first = await start(placed.payment.id);
    const second = await start(placed.payment.id);

    expect(second).toEqual(first);
    expect(gateway.calls).toEqual(["/pay"]);
    expect((await actionsOf(shop, placed.order.id)).filter((action) => action === "payment.processing")).toHaveLength(
      1,
    );
  });

  test("twice at once answers the same action, whatever the gateway answered each", async () => {
    let cashiers = 0;
    const placed = await order(shop, { provider: "gate" });
    gateway.answer({
      "/pay": () => ({ code: "SUCCESS", cashier_url: `http://cashier.test/${(cashiers += 1)}` }),
    });

    const answers = await Promise.all(Array.from({ length: 8 }, () => start(placed.payment.id)));

    expect(new Set(answers.map(({ action }) => action.url)).size).toBe(1);
  });

  test("tells the gateway the amount, where to answer, and a deadline before the order's own", async () => {
    const placed = await order(shop, { provider: "gate" });
    let told: Readonly<Record<string, string>> = {};
    gateway.answer({
      "/pay": (call) => {
        told = call;
        return { code: "SUCCESS", cashier_url: "http://cashier.test/1" };
      },
    });

    await start(placed.payment.id);

    expect(told).toMatchObject({
      out_trade_no: placed.payment.outTradeNo,
      amount: "39.80",
      currency: "CNY",
      notify_url: "http://shop.test/callbacks/gate",
    });
    const marginMs = Date.parse(placed.order.expiresAt) - Date.parse(told["time_expire"] ?? "");
    expect(marginMs).toBe(60_000);
  });

  test("that was not heard tells the gateway the same again", async () => {
    const placed = await order(shop, { provider: "gate" });
    const told: (string | undefined)[] = [];
    gateway.answer({ "/pay": (call) => void told.push(call["time_expire"]) });

    for (let time = 0; time < 2; time += 1) {
      await expect(start(placed.payment.id)).rejects.toMatchObject({ code: "gateway_unavailable" });
    }

    expect(told).toEqual([told[0], told[0], told[0], told[0]]);
  });

  test("whose answer is lost at once is asked again while the buyer waits", async () => {
    const placed = await order(shop, { provider: "gate" });
    let calls = 0;
    gateway.answer({
      "/pay": () => ((calls += 1) === 1 ? undefined : { code: "SUCCESS", cashier_url: "http://cashier.test/1" }),
    });

    expect((await start(placed.payment.id)).action).toEqual({ type: "redirect", url: "http://cashier.test/1" });
    expect(calls).toBe(2);
  });

  test("that the gateway refuses fails the attempt, and another method may be tried", async () => {
    const placed = await order(shop, { provider: "gate" });
    gateway.answer({ "/pay": () => ({ code: "FAIL", message: "no such merchant" }) });

    await expect(start(placed.payment.id)).rejects.toMatchObject({
      code: "gateway_refused",
      facts: { why: "no such merchant" },
    });

    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "pending", payments: ["failed"] });
    expect(await actionsOf(shop, placed.order.id)).toContain("payment.failed");
    await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "other" });
  });

  test("holds no transaction open while the gateway thinks", async () => {
    const placed = await order(shop, { provider: "gate" });
    let open: unknown;
    gateway.answer({
      "/pay": async () => {
        open = await shop.db.transaction().execute((tx) => orders.lock(tx, placed.order.id));
        return { code: "SUCCESS", cashier_url: "http://cashier.test/1" };
      },
    });

    await start(placed.payment.id);

    expect(open).toMatchObject({ id: placed.order.id });
  });
});

describe("another attempt", () => {
  const add = (orderId: string, provider = "other", customer = customerId) =>
    addPayment(shop.engine, { customerId: customer, orderId, provider });

  test("is refused for somebody else's order, an unknown one and an unknown provider", async () => {
    const { order: mine } = await order(shop);

    await expect(add(mine.id, "nobody")).rejects.toMatchObject({ code: "unknown_provider" });
    await expect(add("ord_none")).rejects.toMatchObject({ code: "order_not_found" });
    await expect(add(mine.id, "other", "customer-2")).rejects.toMatchObject({ code: "order_not_found" });
  });

  test("is refused once the order is paid, cancelled or past its deadline", async () => {
    const settled = await order(shop);
    await tell(shop, paid(settled));
    const cancelled = await order(shop);
    await cancelOrder(shop.engine, { orderId: cancelled.order.id, customerId, actor: customerId });
    const late = await order(shop);
    await passDeadline(shop, late.order.id, 1);

    await expect(add(settled.order.id)).rejects.toMatchObject({ code: "order_not_payable" });
    await expect(add(cancelled.order.id)).rejects.toMatchObject({ code: "order_not_payable" });
    await expect(add(late.order.id)).rejects.toMatchObject({ code: "order_expired" });
  });

  test("is refused after the twentieth, also when many are asked for at once", async () => {
    const placed = await order(shop);

    const answers = await Promise.allSettled(Array.from({ length: 30 }, () => add(placed.order.id)));

    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(19);
    expect((await standing(shop, placed.order.id)).payments).toHaveLength(20);
  });

  test("has a number of its own and can pay where the first one failed", async () => {
    const placed = await startedOrder(shop);
    await tell(shop, paid(placed, { status: "PAYERROR" }));

    const payment = await add(placed.order.id);
    const outcome = await tell(shop, paid({ payment }), "other");

    expect(payment.outTradeNo).not.toBe(placed.payment.outTradeNo);
    expect(outcome).toBe("paid");
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "paid",
      payments: ["failed", "succeeded"],
      effective: 1,
      exceptions: [],
    });
  });
});

describe("cancelling", () => {
  const cancel = (orderId: string, customer: string | undefined = customerId) =>
    cancelOrder(shop.engine, {
      orderId,
      customerId: customer,
      actor: customer ?? "operator-1",
      why: "changed my mind",
    });

  test("is refused for somebody else's order and for one that is not pending", async () => {
    const placed = await order(shop);
    await tell(shop, paid(placed));

    await expect(cancel(placed.order.id, "customer-2")).rejects.toMatchObject({ code: "order_not_found" });
    await expect(cancel(placed.order.id)).rejects.toMatchObject({ code: "invalid_transition" });
    expect((await standing(shop, placed.order.id)).order).toBe("paid");
  });

  test("is refused when the gateway says that it has the money, and the order is paid then", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });

    await expect(cancel(placed.order.id)).rejects.toMatchObject({ code: "invalid_transition" });
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", payments: ["succeeded"] });
  });

  test("frees the stock, closes the attempts, says who and why, and lets the timer go", async () => {
    const sku = await stock(shop, 3);
    const placed = await startedOrder(shop, { items: [{ sku, quantity: 2 }] });
    await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "other" });

    const cancelled = await cancel(placed.order.id);

    expect(cancelled).toMatchObject({ status: "cancelled", cancelReason: "customer" });
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "cancelled",
      payments: ["cancelled", "cancelled"],
      holds: "released",
    });
    expect(await countersOf(shop, sku)).toEqual({ available: 3, reserved: 0, sold: 0 });
    expect(shop.asked.forgetExpiry.at(-1)).toBe(placed.order.id);
  });

  test("twice at once releases the stock once", async () => {
    const sku = await stock(shop, 3);
    const placed = await order(shop, { items: [{ sku, quantity: 2 }] });

    const answers = await Promise.allSettled([cancel(placed.order.id), cancel(placed.order.id, undefined)]);

    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await countersOf(shop, sku)).toEqual({ available: 3, reserved: 0, sold: 0 });
  });

  test("goes on when the gateway cannot be heard, and money that comes then is late money", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    gateway.answer({ "/query": () => undefined });

    await cancel(placed.order.id);
    const outcome = await tell(shop, paid(placed), "gate");

    expect(outcome).toBe("late_payment");
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "cancelled", payments: ["succeeded"] });
  });

  test("closes the attempt at its gateway first", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    gateway.answer({
      "/query": () => ({ code: "SUCCESS", status: "NOTPAY", amount: "39.80" }),
      "/close": () => ({ code: "SUCCESS" }),
    });

    await cancel(placed.order.id);

    expect(gateway.calls).toEqual(["/query", "/close"]);
  });
});
