import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { Decimal } from "@zhanggui/domain";
import { Stripe } from "stripe";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { StripeAccount } from "../src/stripe/account.ts";
import { stripeCalls } from "../src/stripe/calls.ts";
import { stripeMinor } from "../src/stripe/minor-units.ts";
import { type GatewayServer, startGateway } from "./support/gateway-server.ts";
import { account as keys, checkEvent, now, nowSeconds } from "./support/stripe-events.ts";

type Told = { readonly route: string; readonly fields: URLSearchParams; readonly headers: IncomingMessage["headers"] };
type Reply = { readonly status?: number; readonly body: unknown };

let gateway: GatewayServer;
let account: StripeAccount;
let told: Told[] = [];
beforeAll(async () => {
  gateway = await startGateway();
  account = { ...keys, baseUrl: gateway.url };
});
beforeEach(() => {
  told = [];
});
afterAll(() => gateway.stop());

/** Behaves like Stripe as far as these routes go; any other route is a 404 of Stripe's kind. */
function serve(routes: Readonly<Record<string, Reply | ((one: Told) => Reply)>>): void {
  gateway.handle(async (request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    const body = await text(request);
    const fields = request.method === "GET" ? url.searchParams : new URLSearchParams(body);
    const one = { route: `${request.method} ${url.pathname}`, fields, headers: request.headers };
    told.push(one);
    const found = routes[one.route] ?? { status: 404, body: { error: { type: "invalid_request_error" } } };
    const { status = 200, body: said } = typeof found === "function" ? found(one) : found;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof said === "string" ? said : JSON.stringify(said));
  });
}

const outside = { fetch, now: () => now };
const outTradeNo = "p_1";
const paying = {
  outTradeNo,
  amount: new Decimal("39.8"),
  currency: "CNY",
  subject: "龙井 二两",
  notifyUrl: "https://shop.test/callbacks/stripe",
  expiresAt: new Date(now.getTime() + 29 * 60 * 1000),
  startedAt: now,
  returnUrl: "https://shop.test/orders/1",
};
const refunding = {
  outTradeNo,
  transactionId: "pi_1",
  outRefundNo: "r_1",
  amount: new Decimal("39.8"),
  refundAmount: new Decimal("5"),
  currency: "CNY",
  reason: "不要了",
  notifyUrl: paying.notifyUrl,
  requestedAt: now,
};
const metadata = { out_trade_no: outTradeNo };
const open = {
  id: "cs_1",
  livemode: false,
  mode: "payment",
  status: "open",
  payment_status: "unpaid",
  payment_intent: null,
  amount_total: 3980,
  currency: "cny",
  url: "https://checkout.stripe.com/c/pay/cs_1",
  metadata,
};
const paid = { ...open, status: "complete", payment_status: "paid", payment_intent: "pi_1", url: null };
const pending = { ...paid, payment_status: "unpaid" };
const expired = { ...open, status: "expired", url: null };
const intent = { id: "pi_1", livemode: false, status: "succeeded", amount: 3980, currency: "cny", metadata };
const refund = {
  id: "re_1",
  payment_intent: "pi_1",
  amount: 500,
  currency: "cny",
  status: "succeeded",
  metadata: { ...metadata, out_refund_no: "r_1" },
};
const list = (...data: readonly unknown[]): Reply => ({ body: { object: "list", data, has_more: false } });
const sessions = "GET /v1/checkout/sessions";
const search = "GET /v1/payment_intents/search";
const create = "POST /v1/checkout/sessions";
const expire = "POST /v1/checkout/sessions/cs_1/expire";
const refunds = "GET /v1/refunds";
const makeRefund = "POST /v1/refunds";

const pay = () => stripeCalls.pay(account, paying, outside);
const query = () => stripeCalls.query(account, paying, outside);
const close = () => stripeCalls.close(account, paying, outside);
const askRefund = () => stripeCalls.refund(account, refunding, outside);
const refundQuery = () => stripeCalls.refundQuery(account, refunding, outside);
const everyCall = [
  ["pay", pay],
  ["query", query],
  ["close", close],
  ["refund", askRefund],
  ["refund query", refundQuery],
] as const;

describe.each(everyCall)("an answer to %s is unknown", (_, call) => {
  test.each([
    ["not JSON", "<html>"],
    ["empty", ""],
    ["an array", "[]"],
    ["an object of nothing", "{}"],
    ["with a name twice", '{"data":[],"data":[],"has_more":false}'],
    ["a list that cannot be read", { data: [{ id: 1 }], has_more: false }],
  ])("when it is %s", async (__, body) => {
    gateway.handle((_request, response) => void response.end(typeof body === "string" ? body : JSON.stringify(body)));

    expect(await call()).toMatchObject({ kind: "unknown" });
  });

  test.each([401, 409, 429, 500])("when its status is %i", async (status) => {
    gateway.handle((_request, response) => {
      response.writeHead(status);
      response.end(JSON.stringify({ error: { type: "api_error", code: "resource_missing" } }));
    });

    expect(await call()).toMatchObject({ kind: "unknown" });
  });
});

test.each(["http://api.stripe.test", "http://127.0.0.1.evil.test", "http://localhost.evil.test"])(
  "nothing is asked of %s, which proves nothing",
  async (baseUrl) => {
    const asked: unknown[] = [];
    const spying = { ...outside, fetch: async (url: unknown) => void asked.push(url) as never };

    expect(await stripeCalls.query({ ...keys, baseUrl }, paying, spying)).toMatchObject({ kind: "unknown" });
    expect(asked).toEqual([]);
  },
);

describe("pay", () => {
  test("opens one session for an attempt, with our number on it and on its intent", async () => {
    serve({ [create]: { body: open } });

    expect(await pay()).toEqual({ kind: "created", action: { type: "redirect", url: open.url } });

    const [one] = told;
    expect(one?.headers).toMatchObject({ authorization: `Bearer ${keys.apiKey}`, "idempotency-key": "pay-p_1" });
    expect(Object.fromEntries(one?.fields ?? [])).toMatchObject({
      mode: "payment",
      "line_items[0][price_data][unit_amount]": "3980",
      "line_items[0][price_data][currency]": "cny",
      "metadata[out_trade_no]": "p_1",
      "payment_intent_data[metadata][out_trade_no]": "p_1",
      expires_at: String(nowSeconds + 3_600),
      success_url: paying.returnUrl,
    });
  });

  test("writes its form as stripe-node does", async () => {
    serve({ [create]: { body: open } });
    const { hostname, port } = new URL(gateway.url);
    const sdk = new Stripe(keys.apiKey, { host: hostname, port, protocol: "http", telemetry: false });

    await pay();
    await sdk.checkout.sessions.create(
      {
        mode: "payment",
        success_url: paying.returnUrl,
        cancel_url: paying.returnUrl,
        expires_at: nowSeconds + 3_600,
        client_reference_id: "p_1",
        line_items: [
          { quantity: 1, price_data: { currency: "cny", unit_amount: 3980, product_data: { name: "龙井 二两" } } },
        ],
        metadata,
        payment_intent_data: { metadata },
      },
      { idempotencyKey: "pay-p_1" },
    );

    const [ours, theirs] = told;
    expect([...(ours?.fields ?? [])].toSorted()).toEqual([...(theirs?.fields ?? [])].toSorted());
    for (const name of ["authorization", "idempotency-key", "stripe-version", "content-type"]) {
      expect(ours?.headers[name]).toBe(theirs?.headers[name]);
    }
  });

  test("that finds its key used with another deadline shows the session that was made", async () => {
    const used = { status: 400, body: { error: { type: "idempotency_error" } } };
    serve({ [create]: used, [sessions]: list(open) });
    expect(await pay()).toMatchObject({ kind: "created" });

    serve({ [create]: used, [sessions]: list(expired) });
    expect(await pay()).toMatchObject({ kind: "unknown" });
  });

  test.each([
    { metadata: { out_trade_no: "p_2" } },
    { amount_total: 3981 },
    { currency: "usd" },
    { livemode: true },
    { status: "expired" },
    { url: "javascript:alert(1)" },
    { url: null },
  ])("that is answered with %j is unknown", async (change) => {
    serve({ [create]: { body: { ...open, ...change } } });

    expect(await pay()).toMatchObject({ kind: "unknown" });
  });

  test("keeps a far deadline within a day", async () => {
    serve({ [create]: { body: open } });

    await stripeCalls.pay(account, { ...paying, expiresAt: new Date(now.getTime() + 7e8) }, outside);
    await stripeCalls.pay(account, { ...paying, expiresAt: new Date(now.getTime() + 72e5) }, outside);

    expect(told.map(({ fields }) => Number(fields.get("expires_at")) - nowSeconds)).toEqual([86_340, 7_200]);
  });
});

test.each([
  ["39.8", "CNY", 3980],
  ["500", "JPY", 500],
  ["500.5", "JPY", undefined],
  ["1.25", "KWD", 1250],
  ["1.234", "KWD", undefined],
  ["5", "ISK", 500],
  ["5.5", "UGX", undefined],
  ["0", "CNY", undefined],
  ["1000000", "CNY", undefined],
  ["1", "cny", undefined],
])("%s %s is %s for Stripe", (amount, currency, minor) => {
  expect(stripeMinor(new Decimal(amount), currency)).toBe(minor);
});

describe("query", () => {
  test.each([
    ["open", open, "processing"],
    ["paid", paid, "succeeded"],
    ["expired", expired, "expired"],
  ])("of a session that is %s is found", async (_, session, status) => {
    serve({ [sessions]: list({ ...open, metadata: null }, session) });

    expect(await query()).toMatchObject({ kind: "found", notice: { outTradeNo, amountMinor: 3980, status } });
  });

  test("says the same event as the notice of the same payment", async () => {
    serve({ [sessions]: list(paid) });
    const asked = await query();
    const noticed = checkEvent("checkout.session.completed", paid);

    expect(asked.kind === "found" && noticed.ok && asked.notice.eventKey === noticed.notice.eventKey).toBe(true);
  });

  test.each([
    ["processing", "processing"],
    ["requires_payment_method", "failed"],
    ["succeeded", "succeeded"],
  ])("of a completed session asks its intent: %s is %s", async (word, status) => {
    serve({ [sessions]: list(pending), "GET /v1/payment_intents/pi_1": { body: { ...intent, status: word } } });

    expect(await query()).toMatchObject({ kind: "found", notice: { transactionId: "pi_1", status } });
  });

  test("is not found only when the list was read to its end and the search is empty", async () => {
    serve({ [sessions]: list(), [search]: list() });
    expect(await query()).toEqual({ kind: "not_found" });

    serve({ [sessions]: list() });
    expect(await query()).toMatchObject({ kind: "unknown" });

    serve({ [sessions]: { body: { data: [{ ...open, metadata: {} }], has_more: true } }, [search]: list() });
    expect(await query()).toMatchObject({ kind: "unknown" });
  });

  test("turns the pages, and finds an older payment by its intent", async () => {
    const first = { body: { data: [{ ...open, id: "cs_9", metadata: {} }], has_more: true } };
    serve({ [sessions]: ({ fields }) => (fields.get("starting_after") === "cs_9" ? list(paid) : first) });
    expect(await query()).toMatchObject({ kind: "found" });

    serve({ [sessions]: list(), [search]: list({ ...intent, id: "pi_0", status: "canceled" }, intent) });
    expect(await query()).toMatchObject({ kind: "found", notice: { status: "succeeded", transactionId: "pi_1" } });
  });

  test.each([
    [{ [sessions]: list({ ...paid, livemode: true }) }],
    [{ [sessions]: list({ ...paid, payment_intent: null }) }],
    [{ [sessions]: list(), [search]: list({ ...intent, metadata: { out_trade_no: "p_2" } }) }],
    [{ [sessions]: list(pending), "GET /v1/payment_intents/pi_1": { body: { ...intent, id: "pi_2" } } }],
  ])("that answers for something else is unknown (%#)", async (routes) => {
    serve(routes);

    expect(await query()).toMatchObject({ kind: "unknown" });
  });
});

test.each([
  ["expires an open session", { [sessions]: list(open), [expire]: { body: expired } }, "closed"],
  ["leaves an expired one", { [sessions]: list(expired) }, "closed"],
  ["hears that it is paid", { [sessions]: list(paid) }, "paid"],
  ["is overtaken by the buyer", { [sessions]: list(open), [expire]: { status: 400, body: { error: {} } } }, "paid"],
  ["cannot call back money under way", { [sessions]: list(pending) }, "unknown"],
  ["is answered for another", { [sessions]: list(open), [expire]: { body: { ...expired, id: "cs_2" } } }, "unknown"],
  ["is answered that it is open", { [sessions]: list(open), [expire]: { body: open } }, "unknown"],
  ["knows nothing", { [sessions]: list(), [search]: list() }, "not_found"],
])("close %s", async (_, routes, kind) => {
  serve(routes);

  expect(await close()).toMatchObject({ kind });
});

describe("a refund", () => {
  test("is made once, with both of our numbers", async () => {
    serve({ [refunds]: list(), [makeRefund]: { body: refund } });
    expect(await askRefund()).toEqual({ kind: "accepted", status: "refund_succeeded", refundId: "re_1" });
    expect(Object.fromEntries(told[1]?.fields ?? [])).toMatchObject({
      payment_intent: "pi_1",
      amount: "500",
      "metadata[out_trade_no]": "p_1",
      "metadata[out_refund_no]": "r_1",
    });
    expect(told[1]?.headers["idempotency-key"]).toBe("refund-r_1");

    serve({ [refunds]: list({ ...refund, status: "pending" }) });
    expect(await askRefund()).toMatchObject({ kind: "accepted", status: "refund_processing" });
    expect(told.at(-1)?.route).toBe(refunds);
  });

  test.each([
    ["charge_already_refunded", 400, "refused"],
    ["idempotency_key_in_use", 400, "unknown"],
    ["charge_disputed", 500, "unknown"],
  ])("that is answered %s with %i is %s", async (code, status, kind) => {
    serve({ [refunds]: list(), [makeRefund]: { status, body: { error: { code } } } });

    expect(await askRefund()).toMatchObject({ kind });
  });

  test.each([
    { amount: 501 },
    { currency: "usd" },
    { payment_intent: "pi_2" },
    { status: "new" },
    { metadata: { ...metadata, out_refund_no: "r_2" } },
    { metadata: { out_trade_no: "p_2", out_refund_no: "r_1" } },
  ])("that is answered with %j is unknown", async (change) => {
    serve({ [refunds]: list(), [makeRefund]: { body: { ...refund, ...change } } });

    expect(await askRefund()).toMatchObject({ kind: "unknown" });
  });

  test("is looked for in the whole list", async () => {
    serve({ [refunds]: list({ ...refund, metadata: {} }, refund) });
    expect(await refundQuery()).toEqual({ kind: "found", status: "refund_succeeded", refundId: "re_1" });

    serve({ [refunds]: list() });
    expect(await refundQuery()).toEqual({ kind: "not_found" });

    serve({ [refunds]: { body: { data: [{ ...refund, metadata: {} }], has_more: true } } });
    expect(await refundQuery()).toMatchObject({ kind: "unknown" });
  });
});

test("a page without TLS is shown only where the simulator that plays the account has it", async () => {
  const url = `${gateway.url}/cashier/stripe/p_1`;
  serve({ [create]: { body: { ...open, url } } });
  expect(await pay()).toEqual({ kind: "created", action: { type: "redirect", url } });

  for (const elsewhere of ["http://127.0.0.1:9/cashier/stripe/p_1", "http://checkout.stripe.com/c/pay/cs_1"]) {
    serve({ [create]: { body: { ...open, url: elsewhere } } });
    expect(await pay()).toMatchObject({ kind: "unknown" });
  }
  const behindTls: StripeAccount = { ...keys, baseUrl: "https://api.stripe.test" };
  const answering = { ...outside, fetch: async () => Response.json({ ...open, url }) };
  expect(await stripeCalls.pay(behindTls, paying, answering)).toMatchObject({ kind: "unknown" });
});

test("only an account with an address is called", () => {
  expect(stripeCalls.isCallable(keys)).toBe(false);
  expect(stripeCalls.isCallable(account)).toBe(true);
});
