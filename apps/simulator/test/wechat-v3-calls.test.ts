import { Decimal } from "@zhanggui/domain";
import type { RefundCall } from "@zhanggui/gateways";
import { afterAll, beforeAll, expect, test } from "vitest";

import { until } from "./harness.ts";
import { type WechatPair, type WechatWorld, makePair, newNumber, startWechat } from "./wechat-v3-world.ts";

let pair: WechatPair;
let world: WechatWorld;
beforeAll(async () => {
  pair = await makePair();
  world = await startWechat(pair);
});
afterAll(() => world.stop());

async function open(outTradeNo = newNumber()): Promise<string> {
  await world.calls.pay(world.account, world.paying(outTradeNo), world.outside);
  return outTradeNo;
}

async function openPaid(): Promise<{ readonly outTradeNo: string; readonly transactionId: string }> {
  const outTradeNo = await open();
  await world.play(outTradeNo, { do: "pay" });
  const answer = await query(outTradeNo);
  const transactionId = answer.kind === "found" ? (answer.notice.transactionId ?? "") : "";
  return { outTradeNo, transactionId };
}

function query(outTradeNo: string) {
  return world.calls.query(world.account, world.paying(outTradeNo), world.outside);
}

function close(outTradeNo: string) {
  return world.calls.close(world.account, world.paying(outTradeNo), world.outside);
}

type Paid = Awaited<ReturnType<typeof openPaid>>;

function refunding(paid: Paid, overrides: Partial<RefundCall> = {}): RefundCall {
  return {
    ...paid,
    outRefundNo: `R${paid.outTradeNo}`,
    requestedAt: new Date(),
    amount: new Decimal("39.80"),
    refundAmount: new Decimal("10.00"),
    currency: "CNY",
    reason: "七天无理由",
    notifyUrl: world.receiver.url,
    ...overrides,
  };
}

function refund(call: RefundCall) {
  return world.calls.refund(world.account, call, world.outside);
}

function refundQuery(call: RefundCall) {
  return world.calls.refundQuery(world.account, call, world.outside);
}

test("a payment is opened with a code to scan, the same when it is asked for again", async () => {
  const outTradeNo = newNumber();
  const first = await world.calls.pay(world.account, world.paying(outTradeNo), world.outside);
  const again = await world.calls.pay(world.account, world.paying(outTradeNo), world.outside);

  expect(first).toEqual({
    kind: "created",
    action: { type: "qr", url: expect.stringMatching(/^weixin:\/\/wxpay\/bizpayurl\?pr=[\w-]{9}$/) },
  });
  expect(again).toEqual(first);
});

test("a number that was used for another amount, is paid or is closed opens nothing", async () => {
  const { outTradeNo } = await openPaid();
  const closed = await open();
  await close(closed);
  const asked = { amount: new Decimal("39.81") };
  const pay = (number: string, overrides = {}) =>
    world.calls.pay(world.account, world.paying(number, overrides), world.outside);

  expect(await pay(await open(), asked)).toMatchObject({
    kind: "unknown",
    why: expect.stringContaining("403 OUT_TRADE_NO_USED"),
  });
  expect(await pay(outTradeNo)).toMatchObject({ kind: "unknown", why: expect.stringContaining("400 ORDERPAID") });
  expect(await pay(closed)).toMatchObject({ kind: "unknown", why: expect.stringContaining("400 ORDER_CLOSED") });
});

test("a query follows a payment from unpaid over a failed attempt to paid", async () => {
  const outTradeNo = await open();
  const unpaid = await query(outTradeNo);
  await world.play(outTradeNo, { do: "fail" });
  const failed = await query(outTradeNo);
  await world.play(outTradeNo, { do: "pay" });
  const paid = await query(outTradeNo);

  expect(unpaid).toMatchObject({ kind: "found", notice: { status: "processing", rawStatus: "NOTPAY" } });
  expect(failed).toMatchObject({ kind: "found", notice: { status: "processing", rawStatus: "NOTPAY" } });
  expect(paid).toMatchObject({
    kind: "found",
    notice: { outTradeNo, status: "succeeded", amountMinor: 3_980, currency: "CNY" },
  });
  expect(await query("nobody")).toEqual({ kind: "not_found" });
});

test("an order past its deadline is still unpaid, and stays so until the merchant closes it", async () => {
  let time = new Date();
  const later = await startWechat(pair, { now: () => time });
  const outTradeNo = newNumber();
  const ask = later.paying(outTradeNo);
  await later.calls.pay(later.account, ask, later.outside);
  time = new Date(time.getTime() + 61_000);

  const expired = await later.calls.query(later.account, ask, later.outside);
  const closing = await later.calls.close(later.account, ask, later.outside);
  const closed = await later.calls.query(later.account, ask, later.outside);
  await later.stop();

  expect(expired).toMatchObject({ notice: { rawStatus: "NOTPAY" } });
  expect(closing).toEqual({ kind: "closed" });
  expect(closed).toMatchObject({ notice: { rawStatus: "CLOSED", status: "cancelled" } });
});

test("closing says whether the order is closed, paid or not there", async () => {
  const outTradeNo = await open();

  expect(await close(outTradeNo)).toEqual({ kind: "closed" });
  expect(await close(outTradeNo)).toEqual({ kind: "closed" });
  expect(await close((await openPaid()).outTradeNo)).toEqual({ kind: "paid" });
  expect(await close("nobody")).toEqual({ kind: "not_found" });
});

test("a refund is taken once for each number, ends later, and turns the order into REFUND", async () => {
  const call = refunding(await openPaid());
  const taken = await refund(call);
  const again = await refund(call);
  await until(async () => (await refundQuery(call)).kind === "found");
  await until(async () => JSON.stringify(await refundQuery(call)).includes("refund_succeeded"));

  expect(taken).toMatchObject({ kind: "accepted", refundId: expect.stringMatching(/^5030\d{25}$/) });
  expect(again).toMatchObject({ kind: "accepted", refundId: taken.kind === "accepted" ? taken.refundId : "" });
  expect(await query(call.outTradeNo)).toMatchObject({ kind: "found", notice: { rawStatus: "REFUND" } });
  expect(await refundQuery({ ...call, outRefundNo: "R0" })).toEqual({ kind: "not_found" });
});

test("a refund of what is not there or of more than the order is refused", async () => {
  const paid = await openPaid();

  const elsewhere = refunding(paid, { outRefundNo: "R1", transactionId: "4200000000202611220000000000" });
  const tooMuch = refunding(paid, { outRefundNo: "R2", refundAmount: new Decimal("39.81") });

  expect(await refund(elsewhere)).toMatchObject({
    kind: "refused",
    why: expect.stringContaining("RESOURCE_NOT_EXISTS"),
  });
  expect(await refund(tooMuch)).toMatchObject({ kind: "refused", why: expect.stringContaining("PARAM_ERROR") });
});

test("refunds that together exceed the order, and other words under a used number, are invalid and undecided", async () => {
  const call = refunding(await openPaid(), { refundAmount: new Decimal("30.00") });
  await refund(call);

  const beyond = await refund({ ...call, outRefundNo: `${call.outRefundNo}x` });
  const other = await refund({ ...call, refundAmount: new Decimal("9.80") });
  const otherTotal = await refund({ ...call, outRefundNo: `${call.outRefundNo}y`, amount: new Decimal("40.00") });

  for (const answer of [beyond, other, otherTotal]) {
    expect(answer).toMatchObject({ kind: "unknown", why: expect.stringContaining("400 INVALID_REQUEST") });
  }
});

test.each([
  ["ABNORMAL", "refund_abnormal"],
  ["CLOSED", "refund_closed"],
  ["FAIL", "refund_closed"],
])("a refund that ends %s is found as %s", async (end, status) => {
  const call = refunding(await openPaid());
  await world.endRefunds(call.outTradeNo, end);
  await refund(call);

  await until(async () => JSON.stringify(await refundQuery(call)).includes(status));
});

test("answers to an account with other keys are not believed", async () => {
  const { account: other } = await makePair();
  const outTradeNo = await open();
  const keys = Object.fromEntries(
    Object.entries(other.keys).map(([, key], index) => [Object.keys(world.account.keys)[index] ?? "", key]),
  );
  const publicKeys = Object.fromEntries(Object.entries(keys).filter(([, { type }]) => type === "publicKey"));
  const mistaken = { ...world.account, keys: publicKeys };

  expect(await world.calls.query(mistaken, world.paying(outTradeNo), world.outside)).toMatchObject({
    kind: "unknown",
    why: "the answer (200) is not WeChat's: signature_invalid",
  });
});
