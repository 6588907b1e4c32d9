import { Stripe } from "stripe";
import { afterEach, beforeEach, expect, test } from "vitest";

import { until } from "./harness.ts";
import { type StripeWorld, eventsOf, startStripe } from "./stripe-world.ts";

let world: StripeWorld;
beforeEach(async () => {
  world = await startStripe();
});
afterEach(() => world.stop());

function tea(
  outTradeNo: string,
  overrides: Stripe.Checkout.SessionCreateParams = {},
): Stripe.Checkout.SessionCreateParams {
  return {
    mode: "payment",
    success_url: "https://shop.test/orders/1?session={CHECKOUT_SESSION_ID}",
    cancel_url: "https://shop.test/orders/1",
    client_reference_id: outTradeNo,
    line_items: [
      { quantity: 2, price_data: { currency: "cny", unit_amount: 1_990, product_data: { name: "龙井茶" } } },
      { quantity: 1, price_data: { currency: "cny", unit_amount: 20, product_data: { name: "纸袋" } } },
    ],
    metadata: { out_trade_no: outTradeNo },
    payment_intent_data: { metadata: { out_trade_no: outTradeNo } },
    ...overrides,
  };
}

async function paid(outTradeNo: string): Promise<Stripe.PaymentIntent> {
  const { id } = await world.sdk.checkout.sessions.create(tea(outTradeNo));
  await world.control(outTradeNo, { do: "pay" });
  const { payment_intent } = await world.sdk.checkout.sessions.retrieve(id, { expand: ["payment_intent"] });
  if (payment_intent === null || typeof payment_intent === "string") throw new Error("the intent is not expanded");
  return payment_intent;
}

function idOf(object: string | { readonly id?: string } | null): string {
  return typeof object === "string" ? object : (object?.id ?? "");
}

test("the official client, which knows a host and no base path, creates a session and reads it", async () => {
  const created = await world.sdk.checkout.sessions.create(tea("p1"));
  const read = await world.sdk.checkout.sessions.retrieve(created.id);

  expect(created).toMatchObject({
    object: "checkout.session",
    status: "open",
    payment_status: "unpaid",
    payment_intent: null,
    amount_total: 4_000,
    currency: "cny",
    livemode: false,
    metadata: { out_trade_no: "p1" },
    url: `${world.simulator.url}/cashier/stripe/p1`,
    success_url: `https://shop.test/orders/1?session=${created.id}`,
  });
  expect(created.id).toMatch(/^cs_test_[0-9A-Za-z]{58}$/);
  expect(created.lastResponse.requestId).toMatch(/^req_[0-9A-Za-z]{24}$/);
  expect(read).toEqual(created);
});

test("a session is paid at its cashier, and its intent and charge tell the money", async () => {
  const intent = await paid("p1");
  const charge = await world.sdk.charges.retrieve(idOf(intent.latest_charge));

  expect(intent).toMatchObject({ status: "succeeded", amount: 4_000, amount_received: 4_000 });
  expect(intent.id).toMatch(/^pi_[0-9A-Za-z]{24}$/);
  expect(charge).toMatchObject({
    payment_intent: intent.id,
    amount: 4_000,
    refunded: false,
    metadata: intent.metadata,
  });
});

test("both events of a payment are constructed by the client, and listed under the same ids", async () => {
  await paid("p1");

  const told = eventsOf(world);
  const listed = await world.sdk.events.list({ type: "checkout.session.completed" });
  const completed = told.find(({ type }) => type === "checkout.session.completed");
  expect(told.map(({ type }) => type).toSorted()).toEqual(["checkout.session.completed", "payment_intent.succeeded"]);
  expect(listed.data).toEqual([completed]);
  expect(await world.sdk.events.retrieve(completed?.id ?? "")).toEqual(completed);
});

test("a session is expired once, which is told, and neither paid nor expired again", async () => {
  const { id } = await world.sdk.checkout.sessions.create(tea("p1"));

  const expired = await world.sdk.checkout.sessions.expire(id);
  await until(() => world.receiver.received.length === 1);

  expect(expired).toMatchObject({ status: "expired", url: null });
  expect(eventsOf(world)).toMatchObject([{ type: "checkout.session.expired", data: { object: { id } } }]);
  await expect(world.sdk.checkout.sessions.expire(id)).rejects.toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
  expect((await world.control("p1", { do: "pay" })).status).toBe(409);
});

test("a refund succeeds at once, is listed, and is told with the charge that it was taken from", async () => {
  const intent = await paid("p1");

  const metadata = { out_trade_no: "p1", out_refund_no: "r1" };
  const made = await world.sdk.refunds.create({ payment_intent: intent.id, amount: 1_500, metadata });
  const rest = await world.sdk.refunds.create({ charge: idOf(intent.latest_charge) });
  const listed = await world.sdk.refunds.list({ payment_intent: intent.id });
  await until(() => world.receiver.received.length === 6);

  expect(made).toMatchObject({ object: "refund", status: "succeeded", amount: 1_500, metadata });
  expect(made.id).toMatch(/^re_[0-9A-Za-z]{24}$/);
  expect(rest.amount).toBe(2_500);
  expect(listed.data.map(({ id }) => id)).toEqual([rest.id, made.id]);
  expect(await world.sdk.refunds.retrieve(made.id)).toEqual(made);
  const refunded = eventsOf(world).flatMap((event) => (event.type === "charge.refunded" ? [event.data.object] : []));
  expect(refunded.map(({ amount_refunded }) => amount_refunded)).toEqual([1_500, 4_000]);
  expect(eventsOf(world).filter(({ type }) => type === "refund.created")).toHaveLength(2);
});

test("a buyer who is charged again has paid another intent, with a charge and refunds of its own", async () => {
  const intent = await paid("p1");
  await world.control("p1", { do: "pay", transactionId: "another" });
  const listed = await world.sdk.paymentIntents.list();
  const second = listed.data.find(({ id }) => id !== intent.id);
  if (second === undefined) throw new Error("there is one intent");

  const whole = await world.sdk.refunds.create({ payment_intent: second.id });
  const charge = await world.sdk.charges.retrieve(idOf(second.latest_charge));
  const ofFirst = await world.sdk.refunds.list({ payment_intent: intent.id });
  const { data } = await world.sdk.balanceTransactions.list({ expand: ["data.source"] });

  expect(second).toMatchObject({ status: "succeeded", metadata: intent.metadata });
  expect(whole).toMatchObject({ payment_intent: second.id, amount: second.amount, status: "succeeded" });
  expect(charge).toMatchObject({ payment_intent: second.id, refunded: true });
  expect(ofFirst.data).toEqual([]);
  expect(data.map(({ type }) => type).toSorted()).toEqual(["charge", "charge", "refund"]);
  expect(data.find(({ type }) => type === "refund")?.source).toMatchObject({ payment_intent: second.id });
  await expect(world.sdk.refunds.create({ payment_intent: second.id })).rejects.toMatchObject({
    code: "charge_already_refunded",
  });
});

test("refunds beyond the charge, of the unpaid and of nothing are refused in Stripe's words", async () => {
  const intent = await paid("p1");
  await world.sdk.paymentIntents.create({ amount: 100, currency: "usd", metadata: { out_trade_no: "p2" } });
  const refund = (params: Stripe.RefundCreateParams) => world.sdk.refunds.create(params);

  await expect(refund({ payment_intent: intent.id, amount: 4_001 })).rejects.toMatchObject({ statusCode: 400 });
  await refund({ payment_intent: intent.id });
  await expect(refund({ payment_intent: intent.id })).rejects.toMatchObject({ code: "charge_already_refunded" });
  await expect(refund({ payment_intent: "pi_none" })).rejects.toMatchObject({ code: "resource_missing" });
  const { data } = await world.sdk.paymentIntents.search({ query: 'metadata["out_trade_no"]:"p2"' });
  await expect(refund({ payment_intent: data[0]?.id ?? "" })).rejects.toMatchObject({
    code: "payment_intent_unexpected_state",
  });
});

test("an intent without a session is searched for, paid, or cancelled", async () => {
  const { id } = await world.sdk.paymentIntents.create({
    amount: 100,
    currency: "usd",
    metadata: { out_trade_no: "p1" },
  });

  const query = 'metadata["out_trade_no"]:"p1" AND status:"requires_payment_method"';
  const found = await world.sdk.paymentIntents.search({ query });
  const cancelled = await world.sdk.paymentIntents.cancel(id);
  await until(() => world.receiver.received.length === 1);

  expect(found.data.map((intent) => intent.id)).toEqual([id]);
  expect(cancelled.status).toBe("canceled");
  expect(eventsOf(world)).toMatchObject([{ type: "payment_intent.canceled" }]);
  await expect(world.sdk.paymentIntents.cancel(id)).rejects.toMatchObject({ code: "payment_intent_unexpected_state" });
});

test("a list is turned page by page, newest first", async () => {
  const made: string[] = [];
  for (const number of ["1", "2", "3"])
    made.push((await world.sdk.paymentIntents.create({ amount: 100, currency: "usd", metadata: { number } })).id);

  const all: string[] = [];
  for await (const { id } of world.sdk.paymentIntents.list({ limit: 2 })) all.push(id);
  const since = Math.floor(Date.now() / 1000) + 60;

  expect(all).toEqual(made.toReversed());
  expect((await world.sdk.paymentIntents.list({ created: { gte: since } })).data).toEqual([]);
});

test("the balance holds what was paid less the fee, and what was given back", async () => {
  const intent = await paid("p1");
  const refund = await world.sdk.refunds.create({ payment_intent: intent.id, amount: 1_500 });

  const { data } = await world.sdk.balanceTransactions.list({ expand: ["data.source"] });

  const lines = data.map(({ type, amount, fee, net }) => ({ type, amount, fee, net }));
  expect(lines.toSorted((left, right) => left.amount - right.amount)).toEqual([
    { type: "refund", amount: -1_500, fee: 0, net: -1_500 },
    { type: "charge", amount: 4_000, fee: 24, net: 3_976 },
  ]);
  expect(data.map(({ source }) => idOf(source)).toSorted()).toEqual([idOf(intent.latest_charge), refund.id].toSorted());
});

test.each([
  ["jpy", 500, "500.00"],
  ["kwd", 1_250, "1.25"],
  ["isk", 700, "7.00"],
  ["usd", 999, "9.99"],
])("an amount in %s is what Stripe counts, and the book's", async (currency, amount, text) => {
  const intent = await world.sdk.paymentIntents.create({ amount, currency, metadata: { out_trade_no: "p1" } });
  const control = await fetch(`${world.simulator.url}/control/stripe/payments/p1`);

  expect(intent).toMatchObject({ amount, currency });
  expect(await control.json()).toMatchObject({ payment: { amount: text } });
});

test("a key answers the same call again, and refuses another", async () => {
  const idempotencyKey = "pay-p1";
  const first = await world.sdk.checkout.sessions.create(tea("p1"), { idempotencyKey });
  const again = await world.sdk.checkout.sessions.create(tea("p1"), { idempotencyKey });
  const other = world.sdk.checkout.sessions.create(tea("p1", { cancel_url: "https://x.test" }), { idempotencyKey });

  expect(again).toEqual(first);
  expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
  expect(again.lastResponse.headers["original-request"]).toBe(first.lastResponse.requestId);
  await expect(other).rejects.toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  const wrong = world.sdk.checkout.sessions.create({ mode: "payment" }, { idempotencyKey: "wrong" });
  await expect(wrong).rejects.toMatchObject({ code: "parameter_missing" });
  await world.sdk.checkout.sessions.create(tea("p2"), { idempotencyKey: "wrong" });
});

test("a wrong key is refused, at the root as well", async () => {
  const { hostname, port } = new URL(world.simulator.url);
  const stranger = new Stripe("sk_test_stranger", { host: hostname, port, protocol: "http", telemetry: false });

  const response = await world.ask("/v1/events", { headers: { authorization: "Bearer sk_test_stranger" } });
  const basic = await world.ask("/v1/events", { headers: { authorization: `Basic ${btoa("sk_test_simulated:")}` } });

  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error" } });
  expect(basic.status).toBe(200);
  await expect(stranger.events.list()).rejects.toBeInstanceOf(Error);
});
