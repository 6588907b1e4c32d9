import { Decimal } from "@zhanggui/domain";
import { gatewayOf, isSignedBy, readFlatJson } from "@zhanggui/gateways";
import { afterAll, beforeAll, expect, test } from "vitest";

import { signFields } from "../src/vendors/hmac/signed-fields.ts";
import { type World, account, secret, startWorld, until, verified } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

function post(path: string, body: string): Promise<Response> {
  return fetch(world.simulator.url + path, { method: "POST", headers: { "content-type": "application/json" }, body });
}

test("a call with a wrong signature is refused, and the refusal is signed", async () => {
  const forged = signFields({ out_trade_no: "p1" }, "another secret", new Date());

  const response = await post("/gateways/mock/query", JSON.stringify(forged));
  const answer = readFlatJson(await response.text()) ?? new Map<string, string>();

  expect(response.status).toBe(401);
  expect(answer.get("code")).toBe("FAIL");
  expect(isSignedBy(answer, [secret])).toBe(true);
});

test("a call with an old timestamp is refused", async () => {
  const answer = await world.call("query", { out_trade_no: "p1" }, new Date(Date.now() - 301_000));

  expect(answer).toMatchObject({ code: "FAIL", message: "the timestamp is over 300 s off" });
});

test("a call that is not flat JSON of text is refused", async () => {
  const response = await post("/gateways/mock/query", '{"out_trade_no":1}');

  expect(response.status).toBe(400);
});

test("an unknown provider and an unknown call are not found", async () => {
  expect((await post("/gateways/nobody/query", "{}")).status).toBe(404);
  expect((await post("/gateways/mock/transfer", "{}")).status).toBe(404);
});

test("an amount that is not yuan text is refused with its name", async () => {
  const answer = await world.openPayment("bad-amount", { amount: "1e2" });

  expect(answer["code"]).toBe("ERROR");
  expect(answer["message"]).toContain("amount");
});

test("the same payment asked for again has the same cashier; with another amount it is refused", async () => {
  const first = await world.openPayment("same");
  const again = await world.openPayment("same", { amount: "39.8" });
  const other = await world.openPayment("same", { amount: "39.79" });

  expect(first).toMatchObject({ code: "SUCCESS", cashier_url: `${world.simulator.url}/cashier/mock/same` });
  expect(again["cashier_url"]).toBe(first["cashier_url"]);
  expect(other).toMatchObject({ code: "ERROR" });
  expect(other["message"]).not.toBe("");
});

test("every answer is signed, with a timestamp and a nonce", async () => {
  const answer = await world.openPayment("signed");

  expect(answer["timestamp"]).toMatch(/^[0-9]{10}$/);
  expect(answer["nonce"]).not.toBe("");
  expect(isSignedBy(new Map(Object.entries(answer)), [secret])).toBe(true);
});

test("a query follows the payment from unpaid to expired, and knows nothing of others", async () => {
  await world.openPayment("open");
  await world.openPayment("over", { time_expire: new Date(Date.now() - 1_000).toISOString() });

  expect(await world.call("query", { out_trade_no: "open" })).toMatchObject({ code: "SUCCESS", status: "NOTPAY" });
  expect(await world.call("query", { out_trade_no: "over" })).toMatchObject({ code: "SUCCESS", status: "EXPIRED" });
  expect(await world.call("query", { out_trade_no: "none" })).toMatchObject({ code: "NOT_FOUND" });
});

test("a closed payment cannot be paid, a paid one cannot be closed", async () => {
  await world.openPayment("closed");
  await world.openPayment("paid");
  await world.control("paid", { do: "pay" });

  expect(await world.call("close", { out_trade_no: "closed" })).toMatchObject({ code: "SUCCESS" });
  expect(await world.call("close", { out_trade_no: "closed" })).toMatchObject({ code: "SUCCESS" });
  expect(await world.call("close", { out_trade_no: "paid" })).toMatchObject({ code: "PAID" });
  expect(await world.call("close", { out_trade_no: "none" })).toMatchObject({ code: "NOT_FOUND" });
  const refused = await world.control("closed", { do: "pay" });
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ code: "closed" });
  expect(await world.call("query", { out_trade_no: "paid" })).toMatchObject({ status: "SUCCESS", amount: "39.80" });
});

test("refunds stop at what was paid, are made once for each number, and are told", async () => {
  const ask = (outRefundNo: string, amount: string, outTradeNo = "refunded") =>
    world.call("refund", {
      out_trade_no: outTradeNo,
      out_refund_no: outRefundNo,
      amount: "39.80",
      refund_amount: amount,
      reason: "七天无理由",
      notify_url: world.receiver.url,
    });
  await world.openPayment("refunded");
  expect(await ask("r0", "1.00")).toMatchObject({ code: "ERROR", message: "the payment is not paid" });
  await world.control("refunded", { do: "pay" });
  const before = world.receiver.received.length;

  expect(await ask("r0", "1.00", "none")).toMatchObject({ code: "NOT_FOUND" });
  const first = await ask("r1", "30.00");
  const again = await ask("r1", "30.00");
  expect(first).toMatchObject({ code: "SUCCESS", refund_status: "PROCESSING" });
  expect(again["refund_id"]).toBe(first["refund_id"]);
  expect(await ask("r1", "29.00")).toMatchObject({ code: "ERROR" });
  expect(await ask("r2", "9.81")).toMatchObject({ code: "ERROR", message: "refunds would exceed what was paid" });

  await until(() => world.receiver.received.length > before);
  expect(await verified(world.receiver, before)).toMatchObject({
    ok: true,
    notice: { eventType: "refund", status: "refund_succeeded", outRefundNo: "r1", refundMinor: 3_000 },
  });
  const asked = await world.call("refund-query", { out_refund_no: "r1" });
  expect(asked).toMatchObject({ code: "SUCCESS", refund_status: "SUCCESS", refund_id: first["refund_id"] });
  expect(await world.call("refund-query", { out_refund_no: "none" })).toMatchObject({ code: "NOT_FOUND" });
});

test("the system's own client for this scheme understands every answer", async () => {
  const callable = { ...account, baseUrl: `${world.simulator.url}/gateways/mock` };
  const { calls } = gatewayOf(callable);
  const outside = { fetch, now: () => new Date() };
  const attempt = {
    outTradeNo: "client",
    startedAt: new Date(),
    expiresAt: new Date(Date.now() + 60_000),
  };
  const opening = {
    ...attempt,
    amount: new Decimal("12.30"),
    currency: "CNY",
    subject: "茶",
    notifyUrl: world.receiver.url,
    returnUrl: "http://127.0.0.1/shop",
  };

  const opened = await calls.pay(callable, opening, outside);
  const unpaid = await calls.query(callable, attempt, outside);
  await world.control("client", { do: "pay" });
  const paid = await calls.query(callable, attempt, outside);

  expect(opened).toMatchObject({ kind: "created", action: { type: "redirect" } });
  expect(unpaid).toMatchObject({ kind: "found", notice: { status: "processing", amountMinor: 1_230 } });
  expect(paid).toMatchObject({ kind: "found", notice: { status: "succeeded", amountMinor: 1_230 } });
  expect(await calls.query(callable, { ...attempt, outTradeNo: "nobody" }, outside)).toEqual({ kind: "not_found" });
  expect(await calls.close(callable, attempt, outside)).toEqual({ kind: "paid" });
});
