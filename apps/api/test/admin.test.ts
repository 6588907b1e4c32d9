import { callbacks } from "@zhanggui/db";
import { settleCallback } from "@zhanggui/operations";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { newTransactionId, signed, success } from "./notices.ts";
import { expectProblem } from "./problem.ts";
import { type Placed, type Shop, openShop, placeOrder, putProduct } from "./shop.ts";
import { admin, customer, operator, viewer } from "./tokens.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
  await putProduct(shop, "tea");
  await placeOrder(shop, "tea");
});
afterAll(() => shop.close());

const get = (path: string, token = viewer) => shop.ask("GET", path, { token });
const post = (path: string, json: unknown = {}, token = operator) => shop.ask("POST", path, { token, json });

async function deliver(fields: Readonly<Record<string, string>>): Promise<string> {
  const answer = await shop.ask("POST", "/callbacks/mock", { json: fields });
  expect(answer.status).toBe(200);
  return (await get(`/admin/callbacks?outTradeNo=${fields["out_trade_no"]}`)).body.callbacks[0].id;
}

async function pay({ payment }: Placed): Promise<string> {
  const id = await deliver(success(payment));
  await settleCallback(shop.deps.engine, id);
  return id;
}

type Rule = readonly [method: string, path: string, role: "viewer" | "operator" | "admin", json?: object];
const routes: readonly Rule[] = [
  ["GET", "/admin/providers", "viewer"],
  ["GET", "/admin/products", "admin"],
  ["PUT", "/admin/products/x", "admin", { name: "x", price: "1.00", available: 1 }],
  ["GET", "/admin/orders", "viewer"],
  ["GET", "/admin/orders/ord_0", "viewer"],
  ["POST", "/admin/orders/ord_0/ship", "operator", {}],
  ["POST", "/admin/orders/ord_0/complete", "operator", {}],
  ["POST", "/admin/orders/ord_0/cancel", "operator", {}],
  ["POST", "/admin/orders/ord_0/revive", "operator", { reason: "r" }],
  ["POST", "/admin/orders/ord_0/refund", "operator", {}],
  ["GET", "/admin/callbacks", "viewer"],
  ["GET", "/admin/callbacks/cb_0", "viewer"],
  ["GET", "/admin/callbacks/cb_0/preflight", "operator"],
  ["POST", "/admin/callbacks/cb_0/retry", "operator", {}],
  ["POST", "/admin/callbacks/retry", "operator", { filter: {} }],
  ["GET", "/admin/jobs", "viewer"],
  ["POST", "/admin/jobs/callbacks/1/retry", "operator", {}],
  ["GET", "/admin/exceptions", "viewer"],
  ["GET", "/admin/exceptions/exc_0", "viewer"],
  ["POST", "/admin/exceptions/exc_0/resolve", "operator", { action: "refund", reason: "r" }],
  ["POST", "/admin/exceptions/exc_0/withdraw", "operator", { reason: "r" }],
  ["POST", "/admin/exceptions/exc_0/assign", "operator", { owner: null, reason: "r" }],
  ["GET", "/admin/audit", "viewer"],
  ["GET", "/admin/metrics", "viewer"],
  ["GET", "/admin/queues", "viewer"],
];
const ladder = [
  ["viewer", viewer],
  ["operator", operator],
  ["admin", admin],
] as const;
const names = ladder.map(([name]) => name);

test.each(routes.map((rule) => ({ rule, title: `${rule[0]} ${rule[1]} asks for ${rule[2]}` })))(
  "$title and no less",
  async ({ rule }) => {
    const [method, path, role, json] = rule;
    const ask = (token?: string) =>
      shop.ask(method, path, { ...(token === undefined ? {} : { token }), ...(json === undefined ? {} : { json }) });

    expectProblem(await ask(), 401, "unauthenticated");
    expectProblem(await ask(customer), 403, "forbidden");
    for (const [name, token] of ladder) {
      const answer = await ask(token);
      if (names.indexOf(name) < names.indexOf(role)) expectProblem(answer, 403, "forbidden");
      else expect([200, 202, 404], answer.text).toContain(answer.status);
    }
  },
);

test.each([
  "/admin/orders?limit=0",
  "/admin/orders?cursor=x",
  "/admin/orders?q=",
  "/admin/orders?q=%00",
  "/admin/orders?status=x",
  "/admin/callbacks?state=x",
  "/admin/callbacks?provider=%00",
  "/admin/callbacks?outTradeNo=%00",
  "/admin/callbacks?cursor=ord_00000000000000000000000000000000",
  "/admin/callbacks?limit=1e2",
  "/admin/jobs?queue=x",
  "/admin/jobs?state=x",
  "/admin/jobs?cursor=-1",
  "/admin/jobs?cursor=10001",
  "/admin/jobs?cursor=1.5",
  "/admin/exceptions?state=x",
  "/admin/exceptions?cursor=%00",
  "/admin/exceptions?kind=x",
  "/admin/exceptions?owner=%00",
  "/admin/audit?cursor=x",
  "/admin/audit?cursor=9999999999999999999",
  "/admin/audit?entity=%00",
  "/admin/audit?actor=%00",
  "/admin/products?cursor=%00",
  "/admin/products?limit=abc",
  "/admin/metrics?from=yesterday",
  "/admin/metrics?from=2026-01-01",
  "/admin/metrics?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
  "/admin/metrics?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
  "/admin/orders/a%00b",
  "/admin/callbacks/a%00b",
  "/admin/callbacks/a%00b/preflight",
])("GET %s is 422", async (path) => {
  expectProblem(await get(path, admin), 422, "invalid_input");
});

describe("a product", () => {
  test.each<[string, unknown]>([
    ["no price", { name: "x", available: 1 }],
    ["a price as a number", { name: "x", price: 1, available: 1 }],
    ["a price of nothing", { name: "x", price: "0.00", available: 1 }],
    ["three decimals", { name: "x", price: "1.001", available: 1 }],
    ["an exponent", { name: "x", price: "1e3", available: 1 }],
    ["a negative price", { name: "x", price: "-1", available: 1 }],
    ["thirteen digits", { name: "x", price: "1000000000000", available: 1 }],
    ["a negative stock", { name: "x", price: "1", available: -1 }],
    ["half a piece", { name: "x", price: "1", available: 0.5 }],
    ["stock as text", { name: "x", price: "1", available: "1" }],
    ["stock beyond an integer", { name: "x", price: "1", available: 2 ** 31 }],
    ["no name", { name: "  ", price: "1", available: 1 }],
    ["a name with NUL", { name: "a\0b", price: "1", available: 1 }],
    ["a name with half a character", { name: "a\ud83d", price: "1", available: 1 }],
    ["a name too long", { name: "n".repeat(201), price: "1", available: 1 }],
    ["a reason with NUL", { name: "x", price: "1", available: 1, reason: "\0" }],
    ["a reason too long", { name: "x", price: "1", available: 1, reason: "r".repeat(501) }],
  ])("with %s is refused", async (_, json) => {
    expectProblem(await shop.ask("PUT", "/admin/products/x1", { token: admin, json }), 422, "invalid_input");
  });

  test.each(["a b", "a%00", "茶", "s".repeat(65)])("under the sku %s is refused", async (sku) => {
    const json = { name: "x", price: "1", available: 1 };
    expectProblem(await shop.ask("PUT", `/admin/products/${sku}`, { token: admin, json }), 422, "invalid_input");
  });

  test("answers its price with two decimals, keeps what is reserved, and is in the audit with before and after", async () => {
    await putProduct(shop, "pot", 5, "3");
    await placeOrder(shop, "pot");

    const json = { name: "壶 🍵", price: "4.5", available: 9, reason: "盘点" };
    const { status, body } = await shop.ask("PUT", "/admin/products/pot", { token: admin, json });

    expect(status).toBe(200);
    expect(body).toEqual({ sku: "pot", name: "壶 🍵", price: "4.50", available: 9, reserved: 1, sold: 0 });
    const [entry] = (await get("/admin/audit?entity=pot")).body.entries;
    expect(entry).toMatchObject({
      actor: "admin-1",
      reason: "盘点",
      before: { price: "3.00" },
      after: { price: "4.50" },
    });
  });

  test("list shows each of them once, whatever the size of the pages", async () => {
    for (const sku of ["p1", "p2", "p3", "P4", "p-5", "p_6"]) await putProduct(shop, sku);
    const pages = async (limit: number) => {
      const seen: string[] = [];
      let cursor: string | null = "";
      do {
        const more: string = cursor === "" ? "" : `&cursor=${cursor}`;
        const { body } = await get(`/admin/products?limit=${limit}${more}`, admin);
        seen.push(...body.products.map(({ sku }: { sku: string }) => sku));
        cursor = body.nextCursor;
      } while (cursor !== null);
      return seen;
    };

    const all = await pages(100);
    expect(new Set(all).size).toBe(all.length);
    expect(await pages(2)).toEqual(all);
    expect(await pages(3)).toEqual(all);
  });
});

describe("an order", () => {
  test("is shown with everything that happened to it, and found by all its numbers", async () => {
    const paid = await placeOrder(shop, "tea");
    const fields = success(paid.payment, { note: "中文" });
    await settleCallback(shop.deps.engine, await deliver(fields));

    const { body } = await get(`/admin/orders/${paid.order.id}`);

    expect(body.order).toMatchObject({ id: paid.order.id, status: "paid", customerId: "customer-1" });
    expect(body.payments).toMatchObject([{ status: "succeeded", transactionId: fields["transaction_id"] }]);
    expect(JSON.parse(Buffer.from(body.callbacks[0].body, "base64").toString())).toEqual(fields);
    expect(body.callbacks[0]).toMatchObject({ state: "processed", outcome: "paid", amount: "19.90" });
    expect(body.holds).toMatchObject([{ sku: "tea", quantity: 1, state: "consumed" }]);
    expect([body.refunds, body.exceptions]).toEqual([[], []]);
    expect(body.audit.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(["order.place", "payment.create", "payment.succeeded", "order.pay"]),
    );
    for (const q of [paid.order.id, body.order.number, paid.payment.outTradeNo, fields["transaction_id"]]) {
      const found = await get(`/admin/orders?q=${q}`);
      expect(
        found.body.orders.map(({ id }: { id: string }) => id),
        q,
      ).toEqual([paid.order.id]);
    }
    expect((await get("/admin/orders?q=nothing")).body).toEqual({ orders: [], nextCursor: null });
  });

  test("is shipped once and completed once, with the reason in the audit", async () => {
    const paid = await placeOrder(shop, "tea");
    const why = { reason: "顺丰" };
    const act = (verb: string, json: unknown = why) => post(`/admin/orders/${paid.order.id}/${verb}`, json);
    expectProblem(await act("ship"), 409, "invalid_transition");
    await pay(paid);

    expectProblem(await act("complete"), 409, "invalid_transition");
    expectProblem(await act("ship", { reason: "\0" }), 422, "invalid_input");
    expectProblem(await act("ship", { reason: 7 }), 422, "invalid_input");
    expect((await act("ship")).body.order.status).toBe("shipped");
    expectProblem(await act("ship"), 409, "invalid_transition");
    expectProblem(await act("cancel"), 409, "invalid_transition");
    expect((await act("complete")).body.order.status).toBe("completed");
    const { body } = await get(`/admin/audit?entity=${paid.order.id}&actor=operator-1`);
    expect(body.entries.map(({ action, reason }: { action: string; reason: string }) => [action, reason])).toEqual([
      ["order.complete", "顺丰"],
      ["order.ship", "顺丰"],
    ]);
  });

  test("that is unpaid is cancelled by an operator", async () => {
    const { order } = await placeOrder(shop, "tea");

    const answer = await shop.ask("POST", `/admin/orders/${order.id}/cancel`, { token: operator });

    expect([answer.status, answer.body.order.status]).toEqual([200, "cancelled"]);
    expectProblem(await post("/admin/orders/ord_0/cancel"), 404, "order_not_found");
    expectProblem(await get("/admin/orders/ord_0"), 404, "order_not_found");
  });

  test("list and the audit have no gap and no repeat", async () => {
    for (const [list, key] of [
      ["orders", "orders"],
      ["audit", "entries"],
      ["callbacks", "callbacks"],
    ] as const) {
      const all = (await get(`/admin/${list}?limit=100`)).body[key].map(({ id }: { id: string }) => id);
      const seen: string[] = [];
      let cursor: string | null = "";
      do {
        const more: string = cursor === "" ? "" : `&cursor=${cursor}`;
        const { body } = await get(`/admin/${list}?limit=3${more}`);
        seen.push(...body[key].map(({ id }: { id: string }) => id));
        cursor = body.nextCursor;
      } while (cursor !== null && seen.length < 100);
      expect(seen.slice(0, all.length), list).toEqual(all.slice(0, seen.length));
      expect(new Set(seen).size).toBe(seen.length);
    }
  });
});

describe("a callback", () => {
  test("that was settled is not retried; one that failed is, and its preflight changes nothing", async () => {
    const waiting = await placeOrder(shop, "tea");
    const id = await deliver(success(waiting.payment));
    expectProblem(await post(`/admin/callbacks/${id}/retry`), 409, "not_retryable");
    await callbacks.fail(shop.deps.engine.db, id, { error: "a bug of yesterday", final: true });

    const before = (await get(`/admin/callbacks/${id}`)).body;
    const preflight = await get(`/admin/callbacks/${id}/preflight`, operator);
    expect(preflight.body).toEqual({ retryable: true, ruling: expect.any(String), summary: expect.any(String) });
    expect((await get(`/admin/callbacks/${id}`)).body).toEqual(before);
    expect(before.callback).toMatchObject({ state: "failed", error: "a bug of yesterday" });

    const retried = await post(`/admin/callbacks/${id}/retry`, { reason: "fixed" });
    expect([retried.status, retried.body.callback.state]).toEqual([202, "received"]);
    expect(await settleCallback(shop.deps.engine, id)).toBe("paid");
    expectProblem(await post(`/admin/callbacks/${id}/retry`), 409, "not_retryable");
    expectProblem(await post("/admin/callbacks/cb_0/retry"), 404, "callback_not_found");
    expectProblem(await get("/admin/callbacks/cb_0"), 404, "callback_not_found");
    expectProblem(await get("/admin/callbacks/cb_0/preflight", operator), 404, "callback_not_found");
  });

  test.each([
    [undefined],
    [{}],
    [{ filter: [] }],
    [{ filter: { state: "received" } }],
    [{ filter: { provider: "\0" } }],
  ])("bulk retry of %j is refused", async (json) => {
    const answer = await shop.ask("POST", "/admin/callbacks/retry", { token: operator, json });
    expect([400, 422], answer.text).toContain(answer.status);
  });

  test("bulk retry takes up what its filter finds", async () => {
    const stranger = { outTradeNo: "P00000000PARKED", amount: "5.00" };
    const id = await deliver(success(stranger));
    expect(await settleCallback(shop.deps.engine, id)).toBe("unmatched_payment");

    const none = await post("/admin/callbacks/retry", { filter: { state: "parked", provider: "nobody" } });
    const some = await post("/admin/callbacks/retry", { filter: { state: "parked", outTradeNo: stranger.outTradeNo } });

    expect([none.status, none.body.retried]).toEqual([202, 0]);
    expect([some.status, some.body.retried]).toEqual([202, 1]);
    await settleCallback(shop.deps.engine, id);
    const cases = (await get("/admin/exceptions?state=open")).body.exceptions;
    expect(cases.filter(({ callbackId }: { callbackId: string }) => callbackId === id)).toMatchObject([
      { kind: "unmatched_payment", state: "open", amount: "5.00" },
    ]);
    expect((await get("/admin/exceptions?state=resolved")).body).toEqual({ exceptions: [], nextCursor: null });
  });
});

test("the window's metrics are rates between nought and one, or null", async () => {
  const { status, body } = await get("/admin/metrics");

  expect(status).toBe(200);
  for (const rate of [body.paymentSuccessRate, body.paymentTimeoutRate, body.callbackSuccessRate]) {
    expect(rate).toBeGreaterThanOrEqual(0);
    expect(rate).toBeLessThanOrEqual(1);
  }
  expect(body.ordersByStatus.pending).toBeGreaterThan(0);
  expect(body.series.length).toBeLessThanOrEqual(61);
  const empty = (await get("/admin/metrics?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00%2B08:00")).body;
  expect([empty.paymentSuccessRate, empty.callbackSuccessRate, empty.ordersByStatus]).toEqual([null, null, {}]);
});

const redis = inject("redisUrl");
const backends: readonly { readonly backend: string; readonly redisUrl?: string }[] = [
  { backend: "postgres" },
  ...(redis === undefined ? [] : [{ backend: "redis", redisUrl: `${redis}/9` }]),
];
describe.each(backends)("with the queue in $backend", ({ redisUrl }) => {
  let own: Shop;
  beforeAll(async () => {
    own = await openShop(redisUrl === undefined ? {} : { redisUrl });
    await putProduct(own, "tea");
  });
  afterAll(() => own.close());
  const ask = (method: string, path: string) => own.ask(method, path, { token: viewer });

  test("jobs are listed by queue and state, and one that did not fail is not retried", async () => {
    const { payment } = await placeOrder(own, "tea");
    const fields = signed({
      out_trade_no: payment.outTradeNo,
      transaction_id: newTransactionId(),
      amount: "19.90",
      status: "SUCCESS",
    });
    await own.ask("POST", "/callbacks/mock", { json: fields });

    const { body } = await own.ask("GET", "/admin/jobs?queue=callbacks&state=waiting&limit=100", { token: viewer });
    const job = body.jobs.find(({ id }: { id: string }) => id.includes(fields["transaction_id"] ?? "?"));
    expect(job).toMatchObject({ queue: "callbacks", name: "settle-callback", state: "waiting", attemptsMade: 0 });
    const retry = (path: string) => own.ask("POST", `/admin/jobs/${path}/retry`, { token: operator, json: {} });
    expectProblem(await retry(`callbacks/${encodeURIComponent(job.id)}`), 409, "not_retryable");
    expectProblem(await retry("callbacks/nothing"), 404, "job_not_found");
    expectProblem(await retry("nothing/nothing"), 422, "invalid_input");
    expectProblem(await retry("callbacks/a%00b"), 422, "invalid_input");
    const timers = (await own.ask("GET", "/admin/jobs?queue=expiry&state=delayed", { token: viewer })).body.jobs;
    expect(timers.length).toBeGreaterThan(0);
  });

  test("the board opens for a viewer, loads only from here, and changes nothing", async () => {
    const page = await ask("GET", "/admin/queues");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    const base = /<base href="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const scripts = [...page.text.matchAll(/<script[^>]* src="([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(scripts.length).toBeGreaterThan(0);
    for (const src of scripts) {
      const path = new URL(src, `http://a${base}`).pathname;
      const script = await ask("GET", path);
      expect([path, script.status]).toEqual([path, 200]);
      expect(script.headers.get("content-type")).toContain("javascript");
    }
    // Under our policy no inline script runs: the page may have none but its data.
    expect(page.text).not.toMatch(/<script(?![^>]*(?: src=|type="application\/json"))/);
    const queues = await ask("GET", "/admin/queues/api/queues");
    expect(queues.body.queues.map(({ name }: { name: string }) => name).toSorted()).toEqual([
      "callbacks",
      "expiry",
      "maintenance",
      "refunds",
    ]);
    for (const queue of queues.body.queues) expect(queue.readOnlyMode).toBe(true);
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const write = await own.ask(method, "/admin/queues/api/queues/callbacks/clean/failed", { token: admin });
      expectProblem(write, 403, "forbidden");
    }
    expectProblem(await own.ask("GET", "/admin/queues"), 401, "unauthenticated");
    expectProblem(await own.ask("GET", "/admin/queues/api/queues", { token: customer }), 403, "forbidden");
  });
});
