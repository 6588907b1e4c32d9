import { isSignedBy } from "@zhanggui/gateways";
import { afterEach, expect, test } from "vitest";

import { redeliveryDelayMs } from "../src/notices/ladder.ts";
import { ladderSeconds } from "../src/vendors/hmac/ladder.ts";
import { type World, fieldsOf, secret, startWorld, until, verified } from "./harness.ts";
import { acknowledged } from "./receiver.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

test("the ladder is WeChat's: fifteen redeliveries in 24 h 4 min, divided by the speed", () => {
  const delays = Array.from({ length: 16 }, (_, index) => redeliveryDelayMs(ladderSeconds, index + 1, 1));

  expect(delays.slice(0, 3)).toEqual([15_000, 15_000, 30_000]);
  expect(delays.reduce<number>((sum, delay) => sum + (delay ?? 0), 0)).toBe((24 * 60 + 4) * 60_000);
  expect(delays[15]).toBeUndefined();
  expect(redeliveryDelayMs(ladderSeconds, 1, 60)).toBe(250);
});

test("a payment is told by a notice that the shop's own verifier accepts", async () => {
  world = await startWorld();
  await world.openPayment("p1");

  const response = await world.control("p1", { do: "pay" });

  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    payment: { status: "SUCCESS" },
    deliveries: [{ role: "notice", answer: { kind: "answered", status: 200, body: acknowledged.body } }],
  });
  expect(await verified(world.receiver, 0)).toMatchObject({
    ok: true,
    notice: { eventType: "payment", outTradeNo: "p1", status: "succeeded", amountMinor: 3_980, currency: "CNY" },
  });
  expect(fieldsOf(world.receiver, 0)["transaction_id"]).toMatch(/^4200\d{24}$/);
});

test("a notice comes again until it is acknowledged, each time signed afresh", async () => {
  const { receiver, openPayment, control } = (world = await startWorld({
    reply: (count) =>
      [
        { status: 503, body: "" },
        { status: 200, body: '{"code":"FAIL"}' },
      ][count - 1] ?? acknowledged,
  }));
  await openPayment("p1");

  await control("p1", { do: "pay" });
  await until(() => receiver.received.length === 3);
  await new Promise((resolve) => setTimeout(resolve, 100));

  expect(receiver.received).toHaveLength(3);
  expect(new Set([0, 1, 2].map((index) => fieldsOf(receiver, index)["nonce"])).size).toBe(3);
  expect(new Set([0, 1, 2].map((index) => fieldsOf(receiver, index)["sign"])).size).toBe(3);
  const keys = await Promise.all([0, 1, 2].map((index) => verified(receiver, index)));
  expect(new Set(keys.map((each) => (each.ok ? each.notice.eventKey : each.reason))).size).toBe(1);
});

test("redelivery keeps the ladder's steps, compressed", async () => {
  const { receiver, openPayment, control } = (world = await startWorld({
    speed: 300,
    reply: (count) => (count < 4 ? { status: 500, body: "" } : acknowledged),
  }));
  await openPayment("p1");

  await control("p1", { do: "pay" });
  await until(() => receiver.received.length === 4);

  const [first = 0, , third = 0, fourth = 0] = receiver.received.map(({ at }) => at);
  expect(third - first).toBeGreaterThanOrEqual(95);
  expect(fourth - third).toBeGreaterThanOrEqual(95);
  expect(fourth - first).toBeLessThan(1_000);
});

test("duplicates are one event: same facts, each signed on its own, sent once", async () => {
  const { receiver, openPayment, control } = (world = await startWorld());
  await openPayment("p1");

  await control("p1", { do: "pay", duplicates: 3 });

  const all = await Promise.all(receiver.received.map((_, index) => verified(receiver, index)));
  expect(all).toHaveLength(4);
  expect(new Set(all.map((each) => (each.ok ? each.notice.eventKey : each.reason))).size).toBe(1);
  expect(new Set(receiver.received.map((_, index) => fieldsOf(receiver, index)["nonce"])).size).toBe(4);
});

test("a forged notice is refused by the verifier and moves no money", async () => {
  const { receiver, openPayment, control, call } = (world = await startWorld());
  await openPayment("p1");

  await control("p1", { do: "pay", forge: true });

  expect(await verified(receiver, 0)).toEqual({ ok: false, reason: "signature_invalid" });
  expect(fieldsOf(receiver, 0)["status"]).toBe("SUCCESS");
  expect(await call("query", { out_trade_no: "p1" })).toMatchObject({ status: "NOTPAY" });
});

test("a notice signed with another key of the account is accepted as well", async () => {
  const previous = "the secret before this one";
  const providers = new Map([["mock", { kind: "mock" as const, secret, previousSecrets: [previous] }]]);
  const { receiver, openPayment, control } = (world = await startWorld({ providers }));
  await openPayment("p1");

  await control("p1", { do: "pay", otherKey: true });

  const fields = new Map(Object.entries(fieldsOf(receiver, 0)));
  expect(isSignedBy(fields, [previous])).toBe(true);
  expect(isSignedBy(fields, [secret])).toBe(false);
});

test("a refund ends as the payment was told that its refunds end, and is told so", async () => {
  const { receiver, openPayment, control, call, simulator } = (world = await startWorld());
  await openPayment("p1");
  await control("p1", { do: "pay" });

  const ending = await fetch(`${simulator.url}/control/mock/payments/p1/refunds`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ end: "ABNORMAL" }),
  });
  await call("refund", {
    out_trade_no: "p1",
    out_refund_no: "r1",
    amount: "39.80",
    refund_amount: "1.00",
    notify_url: receiver.url,
  });
  await until(() => receiver.received.length === 2);

  expect(ending.status).toBe(200);
  expect(fieldsOf(receiver, 1)["refund_status"]).toBe("ABNORMAL");
  expect(await call("refund-query", { out_refund_no: "r1" })).toMatchObject({ refund_status: "ABNORMAL" });
});

test("a reversed story tells the success before the attempt that led to it", async () => {
  const { receiver, openPayment, control } = (world = await startWorld());
  await openPayment("p1");

  await control("p1", { do: "pay", order: "reversed" });

  expect([0, 1].map((index) => fieldsOf(receiver, index)["status"])).toEqual(["SUCCESS", "USERPAYING"]);
});

test("a payment one fen short is told as what was paid", async () => {
  const { receiver, openPayment, control, call } = (world = await startWorld());
  await openPayment("p1");

  await control("p1", { do: "pay", amount: "39.79" });

  expect(fieldsOf(receiver, 0)["amount"]).toBe("39.79");
  expect(await call("query", { out_trade_no: "p1" })).toMatchObject({ status: "SUCCESS", amount: "39.79" });
});

test("a failed attempt is told, and the payment can still be paid", async () => {
  const { receiver, openPayment, control } = (world = await startWorld());
  await openPayment("p1");

  await control("p1", { do: "fail" });
  await control("p1", { do: "pay" });

  expect(await verified(receiver, 0)).toMatchObject({ ok: true, notice: { status: "failed" } });
  expect(await verified(receiver, 1)).toMatchObject({ ok: true, notice: { status: "succeeded" } });
});

test("an expired payment is refused to a person and can be paid late by a fault", async () => {
  const { receiver, openPayment, control } = (world = await startWorld());
  await openPayment("p1", { time_expire: new Date(Date.now() - 1_000).toISOString() });

  const refused = await control("p1", { do: "pay" });
  const late = await control("p1", { do: "pay", late: true });

  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ code: "expired" });
  expect(late.status).toBe(200);
  expect(await verified(receiver, 0)).toMatchObject({ ok: true, notice: { status: "succeeded" } });
});

test("an unreachable shop is said as such", async () => {
  const { openPayment, control } = (world = await startWorld());
  await openPayment("p1", { notify_url: "http://127.0.0.1:9/callbacks/mock" });

  const response = await control("p1", { do: "pay" });

  expect(await response.json()).toMatchObject({ deliveries: [{ answer: { kind: "unanswered" } }] });
});
