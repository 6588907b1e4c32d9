import { settleCallback } from "@zhanggui/operations";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { success } from "./notices.ts";
import { expectProblem } from "./problem.ts";
import { type Shop, openShop, placeOrder, putProduct } from "./shop.ts";
import { customer, stranger, tokenOf, viewer } from "./tokens.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
  await putProduct(shop, "tea");
  await putProduct(shop, "cup", 3, "0.1");
});
afterAll(() => shop.close());

const order = (json: unknown, more: object = {}) => shop.ask("POST", "/orders", { token: customer, json, ...more });
const tea = (quantity: unknown) => ({ items: [{ sku: "tea", quantity }], provider: "mock" });

async function pay(payment: { readonly outTradeNo: string; readonly amount: string }): Promise<void> {
  const answer = await shop.ask("POST", "/callbacks/mock", { json: success(payment) });
  expect(answer.status).toBe(200);
  const { body } = await shop.ask("GET", `/admin/callbacks?outTradeNo=${payment.outTradeNo}`, { token: viewer });
  await settleCallback(shop.deps.engine, body.callbacks[0].id);
}

describe("placing an order", () => {
  test.each<[string, string | Uint8Array<ArrayBuffer>, number, string]>([
    ["no JSON", "{", 400, "malformed_request"],
    ["a trailing comma", '{"provider":"mock",}', 400, "malformed_request"],
    ["nothing", "", 400, "malformed_request"],
    ["bytes that are not UTF-8", Uint8Array.of(0xff, 0xfe), 400, "malformed_request"],
    ["null", "null", 422, "invalid_input"],
    ["a list", "[]", 422, "invalid_input"],
    ["a number", "7", 422, "invalid_input"],
    ["text", '"tea"', 422, "invalid_input"],
    ["an empty object", "{}", 422, "invalid_input"],
    ["lists in lists", `${"[".repeat(30_000)}${"]".repeat(30_000)}`, 422, "invalid_input"],
    ["objects in objects", `${'{"items":'.repeat(6_000)}1${"}".repeat(6_000)}`, 422, "invalid_input"],
    ["__proto__ alone", '{"__proto__":{"items":[{"sku":"tea","quantity":1}],"provider":"mock"}}', 422, "invalid_input"],
  ])("refuses %s as a body", async (_, body, status, code) => {
    expectProblem(await order(undefined, { body, headers: { "content-type": "application/json" } }), status, code);
  });

  test.each<[string, unknown, string]>([
    ["no items", { items: [], provider: "mock" }, "items"],
    ["items that are an object", { items: { 0: { sku: "tea", quantity: 1 } }, provider: "mock" }, "items"],
    ["null for an item", { items: [null], provider: "mock" }, "items.0"],
    ["a quantity of zero", tea(0), "items.0.quantity"],
    ["a negative quantity", tea(-1), "items.0.quantity"],
    ["a fraction", tea(1.5), "items.0.quantity"],
    ["a quantity as text", tea("1"), "items.0.quantity"],
    ["a quantity of 2^53", tea(2 ** 53), "items.0.quantity"],
    ["a quantity of 1e300", tea(1e300), "items.0.quantity"],
    ["a quantity of null", tea(null), "items.0.quantity"],
    ["a quantity of true", tea(true), "items.0.quantity"],
    ["one product twice", { items: [tea(1).items[0], tea(2).items[0]], provider: "mock" }, "items"],
    [
      "fifty-one lines",
      { items: Array.from({ length: 51 }, (_, at) => ({ sku: `s${at}`, quantity: 1 })), provider: "mock" },
      "items",
    ],
    ["a sku of 65 letters", { items: [{ sku: "s".repeat(65), quantity: 1 }], provider: "mock" }, "items.0.sku"],
    ["a sku with NUL", { items: [{ sku: "te\0a", quantity: 1 }], provider: "mock" }, "items.0.sku"],
    ["a sku in Chinese", { items: [{ sku: "茶", quantity: 1 }], provider: "mock" }, "items.0.sku"],
    ["a sku with quotes", { items: [{ sku: "';drop table orders;--", quantity: 1 }], provider: "mock" }, "items.0.sku"],
    ["a sku that is a list", { items: [{ sku: ["tea"], quantity: 1 }], provider: "mock" }, "items.0.sku"],
    ["no provider", { items: tea(1).items }, "provider"],
    ["a provider of null", { ...tea(1), provider: null }, "provider"],
    ["a provider with NUL", { ...tea(1), provider: "mo\0ck" }, "provider"],
    ["a provider with half a character", { ...tea(1), provider: "mock\ud800" }, "provider"],
    ["a provider too long", { ...tea(1), provider: "p".repeat(65) }, "provider"],
  ])("refuses %s, and says where", async (_, json, path) => {
    const answer = await order(json);

    expectProblem(answer, 422, "invalid_input");
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  test("refuses what we do not have, and says what", async () => {
    const provider = await order({ ...tea(1), provider: "__proto__" });
    const sku = await order({ items: [{ sku: "nothing", quantity: 1 }], provider: "mock" });

    expectProblem(provider, 422, "unknown_provider");
    expect(provider.body.errors[0].path).toBe("provider");
    expectProblem(sku, 422, "unknown_sku");
    expect(sku.body.errors[0]).toEqual({ path: "items", message: "skus: nothing" });
    expectProblem(await order({ items: [{ sku: "cup", quantity: 4 }], provider: "mock" }), 409, "out_of_stock");
  });

  test("refuses a total that no amount can hold", async () => {
    await putProduct(shop, "palace", 1_000, "999999999999.99");

    const answer = await order({ items: [{ sku: "palace", quantity: 2 }], provider: "mock" });

    expectProblem(answer, 422, "invalid_input");
    expect(answer.body.errors).toEqual([{ path: "items", message: "the total is too large" }]);
  });

  test("answers the contract's order and payment, every amount with two decimals", async () => {
    const answer = await order({
      items: [
        { sku: "tea", quantity: 2 },
        { sku: "cup", quantity: 1 },
      ],
      provider: "mock",
      price: "0.01",
      amount: "0.01",
    });

    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      order: {
        id: expect.stringMatching(/^ord_/),
        number: expect.any(String),
        status: "pending",
        amount: "39.90",
        currency: "CNY",
        items: [
          { sku: "cup", name: "龙井", unitPrice: "0.10", quantity: 1 },
          { sku: "tea", name: "龙井", unitPrice: "19.90", quantity: 2 },
        ],
        expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        createdAt: expect.stringMatching(/Z$/),
      },
      payment: {
        id: expect.stringMatching(/^pay_/),
        orderId: answer.body.order.id,
        provider: "mock",
        status: "init",
        amount: "39.90",
        currency: "CNY",
        outTradeNo: expect.stringMatching(/^[0-9A-Za-z]{8,32}$/),
        createdAt: expect.stringMatching(/Z$/),
      },
    });
    const { expiresAt, createdAt } = answer.body.order;
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(1_800_000);
  });
});

describe("an idempotency key", () => {
  const keyed = (key: string, json: unknown, token = customer) =>
    order(json, { token, headers: { "idempotency-key": key } });

  test("answers what was answered first; another body under it is a conflict", async () => {
    const first = await keyed("k1", tea(1));
    const again = await keyed("k1", tea(1));

    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expectProblem(await keyed("k1", tea(2)), 409, "idempotency_conflict");
  });

  test("belongs to its customer", async () => {
    const [mine, theirs] = [await keyed("k2", tea(1)), await keyed("k2", tea(1), stranger)];

    expect(theirs.status).toBe(201);
    expect(theirs.body.order.id).not.toBe(mine.body.order.id);
  });

  test("that met a refusal is free for the next try", async () => {
    expectProblem(
      await keyed("k3", { items: [{ sku: "cup", quantity: 1_000 }], provider: "mock" }),
      409,
      "out_of_stock",
    );
    expect((await keyed("k3", tea(1))).status).toBe(201);
  });

  test("must be of a sensible length", async () => {
    expectProblem(await keyed("k".repeat(201), tea(1)), 422, "invalid_input");
    expectProblem(await keyed("", tea(1)), 422, "invalid_input");
  });
});

describe("the customer's list", () => {
  test("shows each order once, newest first, whatever the size of the pages", async () => {
    const buyer = await tokenOf({ sub: "a buyer of seven", role: "customer" });
    const placed: string[] = [];
    for (let number = 0; number < 7; number += 1) placed.unshift((await placeOrder(shop, "tea", buyer)).order.id);

    const seen: string[] = [];
    let cursor: string | null = "";
    do {
      const more: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const { body } = await shop.ask("GET", `/orders?limit=3${more}`, { token: buyer });
      seen.push(...body.orders.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
      // A newer order does not push what is already seen into the next page.
      if (seen.length === 3) await placeOrder(shop, "tea", buyer);
    } while (cursor !== null);

    expect(seen).toEqual(placed);
    const { body } = await shop.ask("GET", "/orders?status=paid", { token: buyer });
    expect(body).toEqual({ orders: [], nextCursor: null });
  });

  test.each([
    "limit=0",
    "limit=101",
    "limit=-1",
    "limit=1.5",
    "limit=1e1",
    "limit=0x10",
    "limit=",
    "limit=abc",
    "limit=1&limit=2",
    "limit=99999999999999999999",
    "cursor=",
    "cursor=abc",
    "cursor=ord_%00",
    "cursor=pay_00000000000000000000000000000000",
    "cursor=ord_1%27%20or%20%271%27=%271",
    "cursor=%ff",
    "status=lost",
    "status=__proto__",
    "status=",
  ])("refuses ?%s", async (query) => {
    expectProblem(await shop.ask("GET", `/orders?${query}`, { token: customer }), 422, "invalid_input");
  });
});

describe("an id in a path", () => {
  const routes = [
    ["GET", "/orders/", ""],
    ["GET", "/orders/", "/events"],
    ["POST", "/orders/", "/cancel"],
    ["POST", "/orders/", "/payments"],
    ["GET", "/payments/", ""],
    ["POST", "/payments/", "/start"],
  ] as const;
  test.each(routes)("%s %s…%s that is nobody's or hostile is a 4xx", async (method, before, after) => {
    const json = after === "/payments" ? { json: { provider: "mock" } } : {};
    for (const id of [
      "ord_0",
      "x".repeat(101),
      "%00",
      "a%00b",
      "%ff",
      "%",
      "%E0%A4%A",
      "..%2f..",
      "__proto__",
      "a%20b",
      "茶",
      "%ed%a0%80",
    ]) {
      const answer = await shop.ask(method, `${before}${id}${after}`, { token: customer, ...json });
      expect([404, 422], `${id}: ${answer.text}`).toContain(answer.status);
    }
  });
});

describe("an order's life", () => {
  test("cancelling releases the stock, and once only", async () => {
    const { order: placed, payment } = await placeOrder(shop, "tea");

    const cancelled = await shop.ask("POST", `/orders/${placed.id}/cancel`, { token: customer });

    expect(cancelled.status).toBe(200);
    expect(cancelled.body.order).toMatchObject({ status: "cancelled", cancelReason: expect.any(String) });
    expectProblem(
      await shop.ask("POST", `/orders/${placed.id}/cancel`, { token: customer }),
      409,
      "invalid_transition",
    );
    const attempt = { token: customer, json: { provider: "mock" } };
    expectProblem(await shop.ask("POST", `/orders/${placed.id}/payments`, attempt), 409, "order_not_payable");
    expectProblem(
      await shop.ask("POST", `/payments/${payment.id}/start`, { token: customer }),
      409,
      "order_not_payable",
    );
    const { body } = await shop.ask("GET", `/payments/${payment.id}`, { token: customer });
    expect(body.payment.status).toBe("cancelled");
  });

  test("starting twice answers the same; an account without an address has no action", async () => {
    const { payment } = await placeOrder(shop, "tea");
    const start = () => shop.ask("POST", `/payments/${payment.id}/start`, { token: customer });

    const [first, second] = [await start(), await start()];

    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ payment: { status: "processing" }, action: { type: "none" } });
    expect(second.body).toEqual(first.body);
  });

  test("a new attempt has a number of its own, until the order is paid", async () => {
    const { order: placed, payment } = await placeOrder(shop, "tea");
    const mock = { provider: "mock" };
    const add = (json: unknown = mock) => shop.ask("POST", `/orders/${placed.id}/payments`, { token: customer, json });

    const second = await add();
    expect(second.status).toBe(201);
    expect(second.body.payment).toMatchObject({ orderId: placed.id, status: "init", amount: "19.90" });
    expect(second.body.payment.outTradeNo).not.toBe(payment.outTradeNo);
    expectProblem(await add({ provider: "nobody" }), 422, "unknown_provider");
    expectProblem(await add({ provider: 7 }), 422, "invalid_input");
    expectProblem(await add({}), 422, "invalid_input");

    await pay(payment);
    expectProblem(await add(), 409, "order_not_payable");
    expectProblem(
      await shop.ask("POST", `/orders/${placed.id}/cancel`, { token: customer }),
      409,
      "invalid_transition",
    );
    const { body } = await shop.ask("GET", `/orders/${placed.id}`, { token: customer });
    expect(body.order).toMatchObject({ status: "paid", paidAt: expect.stringMatching(/Z$/) });
    expect(body.payments.map(({ status }: { status: string }) => status)).toEqual(["succeeded", "cancelled"]);
    expect(body.refunds).toEqual([]);
  });

  test("an order past its deadline takes no attempt although no timer came", async () => {
    const hasty = await openShop({ ttlSeconds: 1 });
    await putProduct(hasty, "tea");
    const { order: placed, payment } = await placeOrder(hasty, "tea");
    await new Promise((resolve) => setTimeout(resolve, 1_050));

    const add = await hasty.ask("POST", `/orders/${placed.id}/payments`, {
      token: customer,
      json: { provider: "mock" },
    });
    const start = await hasty.ask("POST", `/payments/${payment.id}/start`, { token: customer });

    expectProblem(add, 409, "order_expired");
    expectProblem(start, 409, "order_expired");
    await hasty.close();
  });

  test("a gateway that does not answer is 503, and asking again may work", async () => {
    const deaf = await openShop({ accounts: { mock: { kind: "mock", secret: "s", baseUrl: "http://127.0.0.1:1" } } });
    await putProduct(deaf, "tea");
    const { payment } = await placeOrder(deaf, "tea");

    const answer = await deaf.ask("POST", `/payments/${payment.id}/start`, { token: customer });

    expectProblem(answer, 503, "gateway_unavailable");
    await deaf.close();
  });

  test("a way back that is no web address is 422, and a good one is taken", async () => {
    const { payment } = await placeOrder(shop, "tea");
    const start = (returnUrl: string) =>
      shop.ask("POST", `/payments/${payment.id}/start`, { token: customer, json: { returnUrl } });

    expectProblem(await start("javascript:alert(1)"), 422, "invalid_input");
    expect((await start("https://shop.test/orders/1")).status).toBe(200);
  });

  test("a stranger finds nothing", async () => {
    const { order: placed, payment } = await placeOrder(shop, "tea");
    const as = { token: stranger };

    expectProblem(await shop.ask("GET", `/orders/${placed.id}`, as), 404, "order_not_found");
    expectProblem(await shop.ask("GET", `/orders/${placed.id}/events`, as), 404, "order_not_found");
    expectProblem(await shop.ask("POST", `/orders/${placed.id}/cancel`, as), 404, "order_not_found");
    const attempt = { ...as, json: { provider: "mock" } };
    expectProblem(await shop.ask("POST", `/orders/${placed.id}/payments`, attempt), 404, "order_not_found");
    expectProblem(await shop.ask("GET", `/payments/${payment.id}`, as), 404, "payment_not_found");
    expectProblem(await shop.ask("POST", `/payments/${payment.id}/start`, as), 404, "payment_not_found");
    const { body } = await shop.ask("GET", `/payments/${payment.id}`, { token: customer });
    expect(body.payment.status).toBe("init");
  });
});

test("what is not there is 404 in the same form, and a method that a path does not know too", async () => {
  expectProblem(await shop.ask("GET", "/nothing"), 404, "not_found");
  expectProblem(await shop.ask("DELETE", "/orders", { token: customer }), 404, "not_found");
  expectProblem(await shop.ask("GET", "/callbacks/mock"), 404, "not_found");
  expectProblem(await shop.ask("PATCH", "/healthz"), 404, "not_found");
});

test("HEAD answers like GET, without a body", async () => {
  const answer = await shop.ask("HEAD", "/orders", { token: customer });

  expect([answer.status, answer.text]).toEqual([200, ""]);
});
