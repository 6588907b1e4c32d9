import { Decimal } from "@zhanggui/domain";
import { gatewayOf } from "@zhanggui/gateways";
import { afterEach, beforeEach, expect, test } from "vitest";

import { until } from "./harness.ts";
import { type StripeWorld, startStripe } from "./stripe-world.ts";

const started = new Date("2026-03-01T23:59:00Z");

let world: StripeWorld;
let time = started;
beforeEach(async () => {
  time = started;
  world = await startStripe({ now: () => time });
});
afterEach(() => world.stop());

const outside = { fetch, now: () => time };
const attempt = { outTradeNo: "p1", startedAt: started, expiresAt: new Date(started.getTime() + 30 * 60_000) };
const paying = {
  ...attempt,
  amount: new Decimal("39.80"),
  currency: "CNY",
  subject: "龙井茶, 二两",
  notifyUrl: "https://shop.test/callbacks/stripe",
  returnUrl: "http://127.0.0.1/shop/orders/1",
};
const calls = () => gatewayOf(world.account).calls;

async function refunding(outRefundNo: string, amount: string) {
  const { data } = await world.sdk.paymentIntents.search({ query: 'metadata["out_trade_no"]:"p1"' });
  return {
    outTradeNo: "p1",
    transactionId: data[0]?.id ?? "",
    outRefundNo,
    requestedAt: time,
    amount: paying.amount,
    refundAmount: new Decimal(amount),
    currency: "CNY",
    reason: "不要了",
    notifyUrl: paying.notifyUrl,
  };
}

test("the merchant's own client opens one session for an attempt, whose cashier leads back", async () => {
  const url = `${world.simulator.url}/cashier/stripe/p1`;

  expect(await calls().pay(world.account, paying, outside)).toEqual({
    kind: "created",
    action: { type: "redirect", url },
  });
  expect(await calls().pay(world.account, paying, outside)).toEqual({
    kind: "created",
    action: { type: "redirect", url },
  });
  const later = { ...paying, expiresAt: new Date(started.getTime() + 2 * 60 * 60_000) };
  expect(await calls().pay(world.account, later, outside)).toMatchObject({ kind: "created", action: { url } });

  await world.control("p1", { do: "pay" });
  expect(await (await fetch(url)).text()).toContain(`href="${paying.returnUrl}"`);
  expect((await world.sdk.checkout.sessions.list()).data).toHaveLength(1);
});

test("a query follows a payment from open to paid, and one after a day finds it by search", async () => {
  expect(await calls().query(world.account, attempt, outside)).toEqual({ kind: "not_found" });
  await calls().pay(world.account, paying, outside);
  expect(await calls().query(world.account, attempt, outside)).toMatchObject({ notice: { status: "processing" } });
  await world.control("p1", { do: "fail" });
  expect(await calls().query(world.account, attempt, outside)).toMatchObject({ notice: { status: "processing" } });

  await world.control("p1", { do: "pay" });
  const paid = { kind: "found", notice: { status: "succeeded", amountMinor: 3_980, currency: "CNY" } };
  expect(await calls().query(world.account, attempt, outside)).toMatchObject(paid);
  time = new Date(started.getTime() + 2 * 24 * 60 * 60_000);
  expect(await calls().query(world.account, attempt, outside)).toMatchObject(paid);
});

test("an open session is closed, a paid one is not, and an expired one was", async () => {
  expect(await calls().close(world.account, attempt, outside)).toEqual({ kind: "not_found" });
  await calls().pay(world.account, paying, outside);
  expect(await calls().close(world.account, attempt, outside)).toEqual({ kind: "closed" });
  expect(await calls().close(world.account, attempt, outside)).toEqual({ kind: "closed" });
  expect(await calls().query(world.account, attempt, outside)).toMatchObject({ notice: { status: "expired" } });

  const second = { ...attempt, outTradeNo: "p2" };
  await calls().pay(world.account, { ...paying, ...second }, outside);
  await world.control("p2", { do: "pay" });
  expect(await calls().close(world.account, second, outside)).toEqual({ kind: "paid" });
});

test("a refund is made once, found by its number, and refused beyond what was paid", async () => {
  await calls().pay(world.account, paying, outside);
  await world.control("p1", { do: "pay" });
  const asked = await refunding("r1", "39.80");

  expect(await calls().refundQuery(world.account, asked, outside)).toEqual({ kind: "not_found" });
  const made = await calls().refund(world.account, asked, outside);
  expect(made).toMatchObject({ kind: "accepted", status: "refund_succeeded" });
  expect(await calls().refund(world.account, asked, outside)).toEqual(made);
  expect(await calls().refundQuery(world.account, asked, outside)).toMatchObject({ status: "refund_succeeded" });
  expect(await calls().refund(world.account, await refunding("r2", "1"), outside)).toEqual({
    kind: "refused",
    why: "charge_already_refunded",
  });
});

test("a refund that fails is pending when it is answered", async () => {
  await calls().pay(world.account, paying, outside);
  await world.control("p1", { do: "pay" });
  await world.endRefunds("p1", "FAIL");
  const asked = await refunding("r1", "5");

  expect(await calls().refund(world.account, asked, outside)).toMatchObject({ status: "refund_processing" });
  await until(async () => {
    const found = await calls().refundQuery(world.account, asked, outside);
    return found.kind === "found" && found.status === "refund_failed";
  });
});

test("the statement has what moved on a UTC day, in the columns of Stripe's report", async () => {
  await calls().pay(world.account, paying, outside);
  await world.control("p1", { do: "pay" });
  time = new Date("2026-03-02T00:00:01Z");
  await calls().refund(world.account, await refunding("r1", "5.5"), outside);
  expect(await calls().statement(world.account, "2026-03-02", outside)).toMatchObject({ kind: "not_ready" });
  time = new Date("2026-03-03T00:00:00Z");

  const [first, second] = [await linesOf("2026-03-01"), await linesOf("2026-03-02")];

  expect(first[0]).toContain("balance_transaction_id,created_utc,created,currency,gross,fee,net,reporting_category");
  expect(first[1]).toMatch(
    /^txn_\w{24},2026-03-01 23:59:00,2026-03-01 23:59:00,cny,39\.80,0\.24,39\.56,charge,ch_\w{24},"龙井茶, 二两",ch_\w{24},pi_\w{24},card,p1,$/,
  );
  expect(second[1]).toMatch(
    /^txn_\w{24},2026-03-02 00:00:01,2026-03-02 00:00:01,cny,-5\.50,0\.00,-5\.50,refund,re_\w{24},"[^"]+",ch_\w{24},pi_\w{24},,p1,r1$/,
  );
  expect([first.length, second.length]).toEqual([2, 2]);
});

async function linesOf(date: string): Promise<readonly string[]> {
  const answer = await calls().statement(world.account, date, outside);
  if (answer.kind !== "downloaded") throw new Error(answer.why);
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.file) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8").trimEnd().split("\n");
}
