import { Decimal } from "@zhanggui/domain";
import { afterAll, beforeAll, expect, test } from "vitest";

import { type AlipayWorld, newNumber, startAlipay } from "./alipay-world.ts";

let world: AlipayWorld;
beforeAll(async () => {
  world = await startAlipay();
});
afterAll(() => world.stop());

const pay = (outTradeNo: string, overrides = {}) =>
  world.calls.pay(world.account, world.paying(outTradeNo, overrides), world.outside);
const query = (outTradeNo: string) => world.calls.query(world.account, world.paying(outTradeNo), world.outside);
const close = (outTradeNo: string) => world.calls.close(world.account, world.paying(outTradeNo), world.outside);
const refund = (outTradeNo: string, outRefundNo: string, amount: string) =>
  world.calls.refund(world.account, world.refunding(outTradeNo, outRefundNo, amount), world.outside);
const refundQuery = (outTradeNo: string, outRefundNo: string) =>
  world.calls.refundQuery(world.account, world.refunding(outTradeNo, outRefundNo, "1"), world.outside);

async function openPaid(): Promise<string> {
  const outTradeNo = newNumber();
  await pay(outTradeNo);
  await world.play(outTradeNo, { do: "pay" });
  return outTradeNo;
}

test("a code holds the address of the cashier, the same when asked for again and never for another amount", async () => {
  const outTradeNo = newNumber();
  const url = `${world.url}/cashier/alipay/${outTradeNo}`;

  expect(await pay(outTradeNo)).toEqual({ kind: "created", action: { type: "qr", url } });
  expect(await pay(outTradeNo)).toEqual({ kind: "created", action: { type: "qr", url } });
  const other = await pay(outTradeNo, { amount: new Decimal("39.79") });
  expect(other).toEqual({ kind: "unknown", why: "the gateway answered ACQ.CONTEXT_INCONSISTENT" });
});

test("a trade exists only once its buyer has opened the cashier", async () => {
  const outTradeNo = newNumber();
  await pay(outTradeNo);

  expect(await query(outTradeNo)).toEqual({ kind: "not_found" });
  expect(await close(outTradeNo)).toEqual({ kind: "not_found" });
  expect((await world.visit(outTradeNo)).status).toBe(200);
  const waiting = { status: "processing", rawStatus: "WAIT_BUYER_PAY", amountMinor: 3_980 };
  expect(await query(outTradeNo)).toMatchObject({ kind: "found", notice: waiting });
});

test("a code whose time is over creates no trade any more, and one that was scanned is closed by then", async () => {
  const [unscanned, scanned] = [newNumber(), newNumber()];
  const expiresAt = new Date(Date.now() + 1_500);
  await pay(unscanned, { expiresAt: new Date(expiresAt.getTime() + 1_000) });
  await pay(scanned, { expiresAt: new Date(expiresAt.getTime() + 1_000) });
  await world.visit(scanned);
  await new Promise((resolve) => setTimeout(resolve, 2_600));

  await world.visit(unscanned);

  expect(await query(unscanned)).toEqual({ kind: "not_found" });
  expect(await query(scanned)).toMatchObject({ kind: "found", notice: { status: "cancelled" } });
  expect((await world.play(scanned, { do: "pay" })).status).toBe(409);
});

test("a deadline that is over opens nothing", async () => {
  const late = await pay(newNumber(), { expiresAt: new Date(Date.now() - 1_000) });

  expect(late).toEqual({ kind: "unknown", why: "the gateway answered ACQ.INVALID_PARAMETER" });
});

test("a trade that waits is closed once, a paid one never, and neither is opened again", async () => {
  const waiting = newNumber();
  await pay(waiting);
  await world.visit(waiting);
  const paid = await openPaid();

  expect(await close(waiting)).toEqual({ kind: "closed" });
  expect(await query(waiting)).toMatchObject({ kind: "found", notice: { status: "cancelled" } });
  expect(await close(paid)).toEqual({ kind: "paid" });
  expect(await query(paid)).toMatchObject({ kind: "found", notice: { status: "succeeded", amountMinor: 3_980 } });
  expect(await pay(waiting)).toEqual({ kind: "unknown", why: "the gateway answered ACQ.TRADE_HAS_CLOSE" });
  expect(await pay(paid)).toEqual({ kind: "unknown", why: "the gateway answered ACQ.TRADE_HAS_SUCCESS" });
});

test("the gateway's number has 28 digits and begins with the day", async () => {
  const answer = await query(await openPaid());

  expect(answer.kind === "found" && answer.notice.transactionId).toMatch(/^20\d{26}$/);
});

test("an unpaid or unknown trade is not refunded", async () => {
  const waiting = newNumber();
  await pay(waiting);
  await world.visit(waiting);

  expect(await refund(newNumber(), "r0", "1.00")).toEqual({ kind: "refused", why: "ACQ.TRADE_NOT_EXIST" });
  const unpaid = { kind: "unknown", why: "the gateway answered ACQ.TRADE_STATUS_ERROR" };
  expect(await refund(waiting, "r0", "1.00")).toEqual(unpaid);
});

test("refunds stop at what was paid, move money once for each number, and close the trade when all went back", async () => {
  const paid = await openPaid();
  const [first, second] = [newNumber(), newNumber()];

  expect(await refund(paid, first, "30.00")).toEqual({ kind: "accepted", status: "refund_succeeded" });
  expect(await refund(paid, first, "30.00")).toEqual({ kind: "accepted", status: "refund_processing" });
  const repeated = await refund(paid, first, "29.00");
  expect(repeated).toEqual({ kind: "unknown", why: "the gateway answered ACQ.DISCORDANT_REPEAT_REQUEST" });
  expect(await refund(paid, second, "9.81")).toEqual({ kind: "refused", why: "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL" });
  expect(await query(paid)).toMatchObject({ notice: { rawStatus: "TRADE_SUCCESS" } });

  expect(await refund(paid, second, "9.80")).toEqual({ kind: "accepted", status: "refund_succeeded" });
  expect(await query(paid)).toMatchObject({ notice: { rawStatus: "TRADE_CLOSED", status: "succeeded" } });
});

test("a refund is found by its number, and what never came has no status", async () => {
  const paid = await openPaid();
  const outRefundNo = newNumber();
  await refund(paid, outRefundNo, "1.00");

  expect(await refundQuery(paid, outRefundNo)).toEqual({ kind: "found", status: "refund_succeeded" });
  expect(await refundQuery(paid, newNumber())).toMatchObject({ kind: "unknown" });
  expect(await refundQuery(newNumber(), outRefundNo)).toEqual({ kind: "not_found" });
});

test("a refund that is to fail is refused for want of balance, and can be made later under its number", async () => {
  const paid = await openPaid();
  const outRefundNo = newNumber();
  await world.endRefunds(paid, "FAIL");

  expect(await refund(paid, outRefundNo, "1.00")).toEqual({ kind: "refused", why: "ACQ.SELLER_BALANCE_NOT_ENOUGH" });
  await world.endRefunds(paid, "SUCCESS");
  expect(await refund(paid, outRefundNo, "1.00")).toEqual({ kind: "accepted", status: "refund_succeeded" });
});

test("a refund that comes to nothing is accepted and has no status, and nobody is told", async () => {
  const paid = await openPaid();
  const outRefundNo = newNumber();
  await world.endRefunds(paid, "ABNORMAL");
  const before = world.receiver.received.length;

  expect(await refund(paid, outRefundNo, "1.00")).toEqual({ kind: "accepted", status: "refund_processing" });
  expect(await refundQuery(paid, outRefundNo)).toMatchObject({ kind: "unknown" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(world.receiver.received).toHaveLength(before);
});
