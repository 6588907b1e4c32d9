import { afterEach, expect, test } from "vitest";

import { until } from "./harness.ts";
import { type StripeWorld, eventsOf, startStripe, verifiedAll } from "./stripe-world.ts";

let world: StripeWorld;
afterEach(() => world.stop());

async function open(outTradeNo = "p1"): Promise<void> {
  await world.sdk.checkout.sessions.create({
    mode: "payment",
    success_url: "https://shop.test/orders/1",
    line_items: [{ quantity: 1, price_data: { currency: "cny", unit_amount: 3_980, product_data: { name: "茶" } } }],
    metadata: { out_trade_no: outTradeNo },
    payment_intent_data: { metadata: { out_trade_no: outTradeNo } },
  });
}

async function refund(): Promise<void> {
  const { data } = await world.sdk.paymentIntents.search({ query: 'metadata["out_trade_no"]:"p1"' });
  const metadata = { out_trade_no: "p1", out_refund_no: "r1" };
  await world.sdk.refunds.create({ payment_intent: data[0]?.id ?? "", amount: 500, metadata });
}

test("a payment is told by two events, which the shop's verifier reads as one fact", async () => {
  world = await startStripe();
  await open();

  await world.control("p1", { do: "pay" });

  const notices = await verifiedAll(world);
  const facts = { outTradeNo: "p1", amountMinor: 3_980, currency: "CNY", status: "succeeded" };
  expect(notices).toMatchObject([
    { ok: true, notice: facts },
    { ok: true, notice: facts },
  ]);
  expect(new Set(notices.map((each) => (each.ok ? each.notice.eventKey : each.reason))).size).toBe(1);
});

test("an event keeps its id over redeliveries and duplicates, and each delivery is signed afresh", async () => {
  world = await startStripe({ reply: (count) => ({ status: count <= 4 ? 500 : 204, body: "" }) });
  await open();

  await world.control("p1", { do: "pay", duplicates: 1 });
  await until(() => world.receiver.received.length === 6);

  const ids = eventsOf(world).map(({ id }) => id);
  expect(new Set(ids).size).toBe(2);
  expect(new Set(world.receiver.received.map(({ body }) => Buffer.from(body).toString())).size).toBe(2);
});

test("a forged event is refused and moves no money", async () => {
  world = await startStripe();
  await open();

  await world.control("p1", { do: "pay", forge: true });

  expect(await verifiedAll(world)).toEqual([
    { ok: false, reason: "signature_invalid" },
    { ok: false, reason: "signature_invalid" },
  ]);
  expect(await world.sdk.checkout.sessions.list()).toMatchObject({ data: [{ status: "open" }] });
});

test("an event may be signed with the secret before the current one", async () => {
  world = await startStripe();
  await open();

  await world.control("p1", { do: "pay", otherKey: true });

  expect(await verifiedAll(world)).toMatchObject([{ ok: true }, { ok: true }]);
  expect(eventsOf(world, "whsec_before_that")).toHaveLength(2);
});

test.each([
  [{ do: "fail" }, "payment_intent.payment_failed", "failed"],
  [{ do: "close" }, "checkout.session.expired", "expired"],
  [{ do: "notify", status: "USERPAYING" }, "payment_intent.processing", "processing"],
  [{ do: "notify", status: "requires_action" }, "payment_intent.requires_action", "processing"],
])("%j is told by %s", async (instruction, type, status) => {
  world = await startStripe();
  await open();

  await world.control("p1", instruction);

  expect(eventsOf(world)).toMatchObject([{ type, api_version: expect.any(String), livemode: false }]);
  expect(await verifiedAll(world)).toMatchObject([{ ok: true, notice: { outTradeNo: "p1", status } }]);
});

test("a payment one fen short is told as what was paid", async () => {
  world = await startStripe();
  await open();

  await world.control("p1", { do: "pay", amount: "39.79" });

  const notices = await verifiedAll(world);
  expect(notices.map((each) => each.ok && each.notice.amountMinor)).toEqual([3_979, 3_979]);
});

test("a refund that has succeeded is told by its own event and by its charge", async () => {
  world = await startStripe();
  await open();
  await world.control("p1", { do: "pay" });

  await refund();
  await until(() => world.receiver.received.length === 4);

  const told = eventsOf(world).slice(2);
  const notices = (await verifiedAll(world)).slice(2);
  expect(told.map(({ type }) => type).toSorted()).toEqual(["charge.refunded", "refund.created"]);
  for (const notice of notices) {
    expect(notice).toMatchObject({
      ok: true,
      notice: { outTradeNo: "p1", status: "refund_succeeded", refundMinor: 500 },
    });
  }
});

test.each([
  ["FAIL", "refund.failed", "refund_failed"],
  ["CLOSED", "refund.updated", "refund_closed"],
])("a refund that ends as %s is pending first, and told by %s", async (end, type, status) => {
  world = await startStripe();
  await open();
  await world.control("p1", { do: "pay" });
  await world.endRefunds("p1", end);

  await refund();
  await until(() => world.receiver.received.length === 4);

  expect(eventsOf(world).slice(2)).toMatchObject([{ type: "refund.created" }, { type }]);
  expect((await verifiedAll(world)).slice(2)).toMatchObject([
    { ok: true, notice: { status: "refund_processing", outRefundNo: "r1" } },
    { ok: true, notice: { status, outRefundNo: "r1" } },
  ]);
});
