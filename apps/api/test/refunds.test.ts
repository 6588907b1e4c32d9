import { refunds } from "@zhanggui/db";
import { sendRefund, settleCallback } from "@zhanggui/operations";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { secret, success } from "./notices.ts";
import { expectProblem } from "./problem.ts";
import { type Placed, type Shop, openShop, placeOrder, putProduct } from "./shop.ts";
import { admin, customer, operator, viewer } from "./tokens.ts";

/** Nobody listens there: a call's outcome is unknown. */
const baseUrl = "http://127.0.0.1:9";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ accounts: { mock: { kind: "mock", secret, baseUrl } } });
  await putProduct(shop, "tea");
});
afterAll(() => shop.close());

const post = (path: string, json: unknown = {}, headers: Readonly<Record<string, string>> = {}) =>
  shop.ask("POST", path, { token: operator, json, headers });

async function paidOrder(): Promise<Placed> {
  const placed = await placeOrder(shop, "tea");
  const words = success(placed.payment);
  await shop.ask("POST", "/callbacks/mock", { json: words });
  const found = await shop.ask("GET", `/admin/callbacks?outTradeNo=${placed.payment.outTradeNo}`, { token: viewer });
  await settleCallback(shop.deps.engine, found.body.callbacks[0].id);
  return placed;
}

describe("POST /admin/orders/:id/refund", () => {
  test.each<[string, unknown]>([
    ["a number", { amount: 1 }],
    ["nothing at all", { amount: "0.00" }],
    ["less than nothing", { amount: "-1.00" }],
    ["three decimals", { amount: "1.001" }],
    ["an exponent", { amount: "1e1" }],
  ])("refuses %s as its amount", async (_, json) => {
    const { order } = await paidOrder();

    expectProblem(await post(`/admin/orders/${order.id}/refund`, json), 422, "invalid_input");
  });

  test.each<[string, unknown]>([
    ["a reason that is too long", { reason: "x".repeat(501) }],
    ["a restock that is no choice", { restock: "yes" }],
    ["a restock of a part", { amount: "1.00", restock: true }],
  ])("refuses %s", async (_, json) => {
    const { order } = await paidOrder();

    expectProblem(await post(`/admin/orders/${order.id}/refund`, json), 422, "invalid_input");
    expect(await refunds.ofOrder(shop.deps.engine.db, order.id)).toEqual([]);
  });

  test("refuses an unpaid order, and more than is left", async () => {
    const unpaid = await placeOrder(shop, "tea");
    const { order } = await paidOrder();

    expectProblem(await post(`/admin/orders/${unpaid.order.id}/refund`), 409, "nothing_to_refund");
    const tooMuch = await post(`/admin/orders/${order.id}/refund`, { amount: "19.91" });
    expectProblem(tooMuch, 409, "refund_exceeds_payment");
    expect(tooMuch.body.detail).toContain("remaining: 19.90");
  });

  test("answers the order and the refund, which the shop and the console then show", async () => {
    const { order, payment } = await paidOrder();

    const { status, body } = await post(`/admin/orders/${order.id}/refund`, { amount: "5.00", reason: "a dent" });

    expect(status).toBe(200);
    expect(body.order).toMatchObject({ id: order.id, status: "paid" });
    expect(body.refund).toEqual({
      id: expect.stringMatching(/^ref_/),
      orderId: order.id,
      paymentId: payment.id,
      amount: "5.00",
      status: "created",
      outRefundNo: expect.stringMatching(/^[0-9A-Za-z]{8,32}$/),
      reason: "a dent",
      createdAt: expect.any(String),
    });
    const own = await shop.ask("GET", `/orders/${order.id}`, { token: customer });
    expect(own.body.refunds).toEqual([body.refund]);
    const console = await shop.ask("GET", `/admin/orders/${order.id}`, { token: viewer });
    expect(console.body.refunds).toEqual([body.refund]);
    expect(console.body.audit).toContainEqual(expect.objectContaining({ action: "refund.request", reason: "a dent" }));
  });

  test("with the same key twice makes one refund", async () => {
    const { order } = await paidOrder();
    const ask = (amount: string) =>
      post(`/admin/orders/${order.id}/refund`, { amount }, { "idempotency-key": `key-${order.id}` });

    const first = await ask("5.00");
    const second = await ask("5.00");

    expect(second.body).toEqual(first.body);
    expectProblem(await ask("5.01"), 409, "idempotency_conflict");
    expect(await refunds.ofOrder(shop.deps.engine.db, order.id)).toHaveLength(1);
  });

  test("at a gateway that does not answer becomes unknown, and /metrics counts it", async () => {
    const { order } = await paidOrder();
    const { body } = await post(`/admin/orders/${order.id}/refund`);

    expect(await sendRefund(shop.deps.engine, body.refund.id)).toBe("unknown");

    const metrics = await shop.ask("GET", "/metrics");
    expect(metrics.text).toMatch(/zhanggui_refunds\{[^}]*status="unknown"[^}]*\} [1-9]/);
    expect(metrics.text).toMatch(/zhanggui_refunds_oldest_unknown_seconds\{[^}]*\} \d/);
  });
});

describe("a refund above the limit", () => {
  test("is 202 until a second operator asks for the same, is shown meanwhile, and can be withdrawn", async () => {
    const strict = await openShop({
      accounts: { mock: { kind: "mock", secret, baseUrl } },
      secondPersonLimit: "10.00",
    });
    await putProduct(strict, "tea");
    const placed = await placeOrder(strict, "tea");
    await strict.ask("POST", "/callbacks/mock", { json: success(placed.payment) });
    const heard = await strict.ask("GET", `/admin/callbacks?outTradeNo=${placed.payment.outTradeNo}`, {
      token: viewer,
    });
    await settleCallback(strict.deps.engine, heard.body.callbacks[0].id);
    const path = `/admin/orders/${placed.order.id}/refund`;

    const proposed = await strict.ask("POST", path, { token: operator, json: { reason: "a dent" } });
    const detail = await strict.ask("GET", `/admin/orders/${placed.order.id}`, { token: viewer });
    expectProblem(await strict.ask("POST", path, { token: operator, json: {} }), 409, "second_person_needed");
    const withdrawn = await strict.ask("POST", `${path}/withdraw`, { token: operator, json: { reason: "no dent" } });
    const again = await strict.ask("POST", path, { token: operator, json: {} });
    const confirmed = await strict.ask("POST", path, { token: admin, json: {} });

    expect(proposed).toMatchObject({ status: 202, body: { proposal: { amount: "19.90", reason: "a dent" } } });
    expect(detail.body.refundProposal).toEqual(proposed.body.proposal);
    expect(withdrawn.status).toBe(200);
    expect(again.status).toBe(202);
    expect(confirmed).toMatchObject({ status: 200, body: { refund: { amount: "19.90" } } });
    await strict.close();
  });
});

describe("POST /admin/orders/:id/cancel", () => {
  test("of a paid order answers its refund; until it is back the order is paid and not shipped", async () => {
    const { order } = await paidOrder();

    const { status, body } = await post(`/admin/orders/${order.id}/cancel`, { reason: "sold twice" });

    expect(status).toBe(200);
    expect(body).toMatchObject({ order: { status: "paid" }, refund: { amount: "19.90", reason: "sold twice" } });
    expectProblem(await post(`/admin/orders/${order.id}/ship`), 409, "invalid_transition");
    expectProblem(await post(`/admin/orders/${order.id}/cancel`), 409, "nothing_to_refund");
  });

  test("without a body cancels an unpaid order", async () => {
    const { order } = await placeOrder(shop, "tea");

    const { status, body } = await shop.ask("POST", `/admin/orders/${order.id}/cancel`, { token: operator });

    expect(status).toBe(200);
    expect(body).toMatchObject({ order: { status: "cancelled" } });
    expect(body.refund).toBeUndefined();
  });

  test("by the customer is refused once the order is paid", async () => {
    const { order } = await paidOrder();

    const answer = await shop.ask("POST", `/orders/${order.id}/cancel`, { token: customer });

    expectProblem(answer, 409, "invalid_transition");
  });
});

test("an account without an address refunds nothing by itself", async () => {
  const other = await openShop();
  await putProduct(other, "tea");
  const { order, payment } = await placeOrder(other, "tea");
  await other.ask("POST", "/callbacks/mock", { json: success(payment) });
  const found = await other.ask("GET", `/admin/callbacks?outTradeNo=${payment.outTradeNo}`, { token: viewer });
  await settleCallback(other.deps.engine, found.body.callbacks[0].id);

  const answer = await other.ask("POST", `/admin/orders/${order.id}/refund`, { token: operator, json: {} });

  expectProblem(answer, 409, "gateway_not_callable");
  await other.close();
});
