import { afterEach, expect, test } from "vitest";

import { type AlipayWorld, startAlipay } from "./alipay-world.ts";
import { until } from "./harness.ts";

let world: AlipayWorld;
afterEach(() => world.stop());

async function open(outTradeNo: string): Promise<void> {
  await world.calls.pay(world.account, world.paying(outTradeNo), world.outside);
}

const refund = (outTradeNo: string, outRefundNo: string, amount: string) =>
  world.calls.refund(world.account, world.refunding(outTradeNo, outRefundNo, amount), world.outside);

test("a payment is told with every documented field, and reads exactly", async () => {
  world = await startAlipay();
  await open("p1");

  await world.play("p1", { do: "pay" });

  const fields = world.fieldsOf(0);
  expect(world.receiver.received[0]?.headers["content-type"]).toBe("application/x-www-form-urlencoded; charset=utf-8");
  expect(fields).toMatchObject({
    notify_type: "trade_status_sync",
    charset: "utf-8",
    version: "1.0",
    sign_type: "RSA2",
    app_id: world.account.app_id,
    auth_app_id: world.account.app_id,
    seller_id: world.account.seller_id,
    out_trade_no: "p1",
    trade_status: "TRADE_SUCCESS",
    total_amount: "39.80",
    receipt_amount: "39.80",
    buyer_pay_amount: "39.80",
    invoice_amount: "39.80",
    point_amount: "0.00",
    subject: "龙井茶 × 2",
    fund_bill_list: '[{"amount":"39.80","fundChannel":"ALIPAYACCOUNT"}]',
  });
  expect(fields["notify_id"]).toMatch(/^20\d{32}$/);
  for (const name of ["notify_time", "gmt_create", "gmt_payment"]) {
    expect(fields[name]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  }
  expect(fields).not.toHaveProperty("refund_fee");
  expect(await world.verified(0)).toMatchObject({
    ok: true,
    notice: {
      eventType: "payment",
      outTradeNo: "p1",
      transactionId: fields["trade_no"],
      amountMinor: 3_980,
      currency: "CNY",
      status: "succeeded",
      rawStatus: "TRADE_SUCCESS",
    },
  });
});

test("refunds are told to the payment's address: a part as TRADE_SUCCESS with the running total, all as TRADE_CLOSED", async () => {
  world = await startAlipay();
  await open("p1");
  await world.play("p1", { do: "pay" });

  await refund("p1", "r1", "5.00");
  await until(() => world.receiver.received.length === 2);
  await refund("p1", "r2", "10.00");
  await until(() => world.receiver.received.length === 3);
  await refund("p1", "r3", "24.80");
  await until(() => world.receiver.received.length === 4);

  const base = { trade_no: world.fieldsOf(0)["trade_no"], total_amount: "39.80" };
  expect(world.fieldsOf(1)).toMatchObject({
    ...base,
    trade_status: "TRADE_SUCCESS",
    refund_fee: "5.00",
    out_biz_no: "r1",
  });
  expect(world.fieldsOf(2)).toMatchObject({
    ...base,
    trade_status: "TRADE_SUCCESS",
    refund_fee: "15.00",
    out_biz_no: "r2",
  });
  expect(world.fieldsOf(3)).toMatchObject({
    ...base,
    trade_status: "TRADE_CLOSED",
    refund_fee: "39.80",
    out_biz_no: "r3",
  });
  expect(world.fieldsOf(1)["gmt_refund"]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/);
  expect(world.fieldsOf(3)["gmt_close"]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  const read = { eventType: "refund", status: "refund_succeeded", outTradeNo: "p1", amountMinor: 3_980 };
  expect(await world.verified(1)).toMatchObject({ ok: true, notice: { ...read, outRefundNo: "r1", refundMinor: 500 } });
  expect(await world.verified(2)).toMatchObject({
    ok: true,
    notice: { ...read, outRefundNo: "r2", refundMinor: 1_500 },
  });
  expect(await world.verified(3)).toMatchObject({
    ok: true,
    notice: { ...read, outRefundNo: "r3", refundMinor: 3_980 },
  });
});

test("a close is told as TRADE_CLOSED, a wrong password is not, and waiting is where it is asked for", async () => {
  world = await startAlipay();
  await open("closed");
  await open("failed");
  await open("waiting");

  await world.play("failed", { do: "fail" });
  await world.play("closed", { do: "close" });
  await world.play("waiting", { do: "notify", status: "WAIT_BUYER_PAY" });

  expect(world.receiver.received).toHaveLength(2);
  expect(await world.verified(0)).toMatchObject({ notice: { status: "cancelled", outTradeNo: "closed" } });
  expect(await world.verified(1)).toMatchObject({ notice: { status: "processing", outTradeNo: "waiting" } });
});

test("a forgery is refused; the account has one key, so another that it accepts is that one", async () => {
  world = await startAlipay();
  await open("p1");

  await world.play("p1", { do: "pay", forge: true });
  await world.play("p1", { do: "pay", otherKey: true });

  expect(await world.verified(0)).toEqual({ ok: false, reason: "signature_invalid" });
  expect(await world.verified(1)).toMatchObject({ ok: true, notice: { status: "succeeded" } });
});

test("a notice is sent again in the same bytes until the answer is exactly success", async () => {
  const answers = ["fail", "SUCCESS", "success\n", '{"code":"SUCCESS"}', "success"];
  world = await startAlipay({
    speed: 100_000,
    reply: (count) => ({ status: 200, body: answers[count - 1] ?? "too many" }),
  });
  await open("p1");

  await world.play("p1", { do: "pay" });
  await until(() => world.receiver.received.length === answers.length);
  await new Promise((resolve) => setTimeout(resolve, 100));

  const bodies = new Set(world.receiver.received.map(({ body }) => new TextDecoder().decode(body)));
  expect(bodies.size).toBe(1);
  expect(world.receiver.received).toHaveLength(answers.length);
});

test("copies of one event share its notify_id, another event has another", async () => {
  world = await startAlipay();
  await open("p1");

  await world.play("p1", { do: "pay", duplicates: 1 });
  await world.play("p1", { do: "notify" });

  const [first, copy, again] = [0, 1, 2].map((index) => world.fieldsOf(index)["notify_id"]);
  expect(copy).toBe(first);
  expect(again).not.toBe(first);
});
