import { settleCallback } from "@zhanggui/operations";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { success } from "./notices.ts";
import { expectProblem } from "./problem.ts";
import { type Placed, type Shop, openShop, placeOrder, putProduct } from "./shop.ts";
import { admin, operator, tokenOf, viewer } from "./tokens.ts";

let shop: Shop;
let second: string;

beforeAll(async () => {
  shop = await openShop();
  second = await tokenOf({ sub: "operator-2", role: "operator" });
  await putProduct(shop, "tea");
  await putProduct(shop, "gold", 100, "5000.01");
});
afterAll(() => shop.close());

const get = (path: string, token = viewer) => shop.ask("GET", path, { token });
const post = (path: string, json: unknown, token = operator) => shop.ask("POST", path, { token, json });
const act = (id: string, json: object, token = operator) =>
  post(`/admin/exceptions/${id}/resolve`, { reason: "she called", ...json }, token);

/** A cancelled order whose money came all the same. */
async function late(sku = "tea"): Promise<Placed & { readonly id: string }> {
  const placed = await placeOrder(shop, sku);
  expect((await post(`/admin/orders/${placed.order.id}/cancel`, {})).status).toBe(200);
  await shop.ask("POST", "/callbacks/mock", { json: success(placed.payment) });
  const { body } = await get(`/admin/callbacks?outTradeNo=${placed.payment.outTradeNo}`);
  await settleCallback(shop.deps.engine, body.callbacks[0].id);
  const timeline = await get(`/admin/orders/${placed.order.id}`);
  return { ...placed, id: timeline.body.exceptions[0].id };
}

test("a case says what is at stake, what proves it, and what may be done about it now", async () => {
  const { id, order, payment } = await late();

  const { status, body } = await get(`/admin/exceptions/${id}`);

  expect(status).toBe(200);
  expect(body.exception).toEqual({
    id,
    kind: "late_payment",
    state: "open",
    orderId: order.id,
    paymentId: payment.id,
    callbackId: expect.stringMatching(/^cb_/),
    evidence: expect.stringMatching(/^cb_/),
    amount: order.amount,
    detail: expect.objectContaining({ order: "cancelled" }),
    suggestedAction: "revive",
    allowedActions: [
      { action: "revive", does: "revives_order", needs: [], secondPerson: "no" },
      { action: "write_off", does: "writes_off_money", needs: [], secondPerson: "unless_admin" },
    ],
    overdue: false,
    dueAt: expect.any(String),
    createdAt: expect.any(String),
  });
});

test("cases are found by kind and by owner", async () => {
  const { id } = await late();
  expect((await post(`/admin/exceptions/${id}/assign`, { owner: "li", reason: "her desk" })).status).toBe(200);

  const mine = await get("/admin/exceptions?owner=li&state=open&kind=late_payment");
  const others = await get("/admin/exceptions?owner=li&kind=surplus_payment");

  expect(mine.body.exceptions).toMatchObject([{ id, owner: "li" }]);
  expect(others.body).toEqual({ exceptions: [], nextCursor: null });
});

describe("a decision", () => {
  test.each<[string, object]>([
    ["without a reason", { reason: undefined, action: "revive" }],
    ["with an empty reason", { reason: "", action: "revive" }],
    ["with a reason that cannot be stored", { reason: "\0", action: "revive" }],
    ["without an action", {}],
    ["with an unknown action", { action: "forget" }],
    ["with an amount that is none", { action: "revive", amount: "-1" }],
    ["with an amount that is not at stake", { action: "revive", amount: "0.01" }],
  ])("%s is 422", async (_, json) => {
    const { id } = await late();

    expectProblem(await act(id, json), 422, "invalid_input");
  });

  test("closes its case once", async () => {
    const { id, order } = await late();

    const { status, body } = await act(id, { action: "revive", amount: order.amount });

    expect(status).toBe(200);
    expect(body.exception).toMatchObject({
      state: "resolved",
      resolution: "revive",
      resolvedBy: "operator-1",
      resolveReason: "she called",
      allowedActions: [],
    });
    expect((await get(`/admin/orders/${order.id}`)).body.order.status).toBe("paid");
    expectProblem(await act(id, { action: "revive" }, admin), 409, "already_resolved");
  });

  test("that the case does not allow names those that it does", async () => {
    const { id } = await late();

    const answer = await act(id, { action: "apply" });

    expectProblem(answer, 409, "action_not_allowed");
    expect(answer.body.detail).toContain("allowed: revive, write_off");
  });

  test("about much money waits for a second person", async () => {
    const { id, order } = await late("gold");

    const first = await act(id, { action: "revive" });
    expect(first.status).toBe(202);
    expect(first.body.exception).toMatchObject({ state: "open", proposal: { action: "revive", by: "operator-1" } });
    expectProblem(await act(id, { action: "revive" }), 409, "second_person_needed");
    const other = await act(id, { action: "revive" }, second);

    expect(other.status).toBe(200);
    expect((await get(`/admin/orders/${order.id}`)).body.order.status).toBe("paid");
  });

  test("that waits can be withdrawn", async () => {
    const { id } = await late("gold");
    await act(id, { action: "write_off" }, admin);

    const { status, body } = await post(`/admin/exceptions/${id}/withdraw`, { reason: "no" }, second);

    expect(status).toBe(200);
    expect(body.exception.proposal).toBeUndefined();
    expectProblem(await post(`/admin/exceptions/${id}/withdraw`, { reason: "no" }), 409, "action_not_allowed");
  });
});

describe("reviving an order", () => {
  test("is 200 with the order, and 409 the second time", async () => {
    const { order } = await late();

    const { status, body } = await post(`/admin/orders/${order.id}/revive`, { reason: "she waited" });

    expect(status).toBe(200);
    expect(body.order).toMatchObject({ id: order.id, status: "paid" });
    expectProblem(await post(`/admin/orders/${order.id}/revive`, { reason: "r" }), 409, "invalid_transition");
  });

  test("without a reason is 422", async () => {
    const { order } = await late();

    expectProblem(await post(`/admin/orders/${order.id}/revive`, {}), 422, "invalid_input");
  });

  test("for much money is 202 with the case", async () => {
    const { order, id } = await late("gold");

    const { status, body } = await post(`/admin/orders/${order.id}/revive`, { reason: "r" });

    expect(status).toBe(202);
    expect(body.exception).toMatchObject({ id, proposal: { action: "revive" } });
  });
});

test("an entry of the audit says whether it is sealed", async () => {
  await late();

  const { body } = await get("/admin/audit?limit=1");

  expect(body.entries[0].sealed).toBe(false);
});
