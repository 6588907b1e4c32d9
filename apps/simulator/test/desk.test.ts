import { Decimal } from "@zhanggui/domain";
import { afterEach, beforeEach, expect, test } from "vitest";

import type { Payment } from "../src/book/records.ts";
import { closePayment } from "../src/desk/close-payment.ts";
import { findPayment, findPaymentWhere, findRefund, findTransaction } from "../src/desk/find-payment.ts";
import { noteExtra, openPayment } from "../src/desk/open-payment.ts";
import { type ChargeAsked, takeRefund } from "../src/desk/take-refund.ts";
import { type OpenDesk, openDesk } from "./open-desk.ts";

let desk: OpenDesk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.stop());

function open(outTradeNo: string, amount = "10.00") {
  return openPayment(desk, {
    outTradeNo,
    amount: new Decimal(amount),
    currency: "CNY",
    subject: "茶",
    notifyUrl: "http://127.0.0.1:9/",
    expiresAt: new Date(Date.now() + 60_000),
    extra: { txnTime: "20260301120000" },
  });
}

function paid(outTradeNo: string): Payment {
  const { payment } = open(outTradeNo);
  const standing = { status: "SUCCESS", paid: payment.amount, paidAt: new Date().toISOString() } as const;
  const after: Payment = { ...payment, standing };
  desk.book.put(after);
  return after;
}

type Refunding = { readonly settling?: "later" | "at_once"; readonly of?: ChargeAsked };

function refund(outRefundNo: string, refundAmount: string, { settling = "at_once", of }: Refunding = {}) {
  const asked = { outTradeNo: "1", outRefundNo, refundAmount: new Decimal(refundAmount), reason: "", settling };
  return takeRefund(desk, { ...asked, of: of ?? { paid: new Decimal("10.00") } });
}

test("a payment is opened once, known again, and differs with another amount", () => {
  expect(open("1").kind).toBe("opened");
  expect(open("1", "10").kind).toBe("known");
  expect(open("1", "9.99").kind).toBe("differs");
});

test("a payment is found by its number, by the gateway's number, and by the vendor's own words", () => {
  const { payment } = open("1");
  open("2");

  noteExtra(desk, payment, { session: "cs_1" });

  expect(findPayment(desk, "1")).toMatchObject({ status: "NOTPAY", amount: "10.00", refunds: [] });
  expect(findPayment(desk, "3")).toBeUndefined();
  const byNumber = findTransaction(desk, payment.transactionId);
  const byWord = findPaymentWhere(desk, ({ extra }) => extra?.["session"] === "cs_1");
  expect(byNumber?.payment.outTradeNo).toBe("1");
  expect(byWord?.payment.extra).toEqual({ txnTime: "20260301120000", session: "cs_1" });
  expect(findPaymentWhere({ ...desk, provider: "another" }, () => true)).toBeUndefined();
});

test("an unpaid payment is closed once, a paid one never", () => {
  open("1");
  paid("2");

  expect(closePayment(desk, "1").kind).toBe("closed");
  expect(closePayment(desk, "1").kind).toBe("already_closed");
  expect(closePayment(desk, "2").kind).toBe("paid");
  expect(closePayment(desk, "3").kind).toBe("not_found");
});

test("a refund of nothing, of the unpaid, or beyond what was paid is refused", () => {
  expect(refund("r1", "1.00")).toEqual({ kind: "not_found" });
  open("1");
  expect(refund("r1", "1.00")).toEqual({ kind: "refused", why: "not_paid" });
  paid("1");
  expect(refund("r1", "10.01")).toEqual({ kind: "refused", why: "exceeds_paid" });
});

test("a refund can be over when it is answered, and a refund that moved no money leaves its amount", () => {
  const payment = paid("1");
  desk.book.put({ ...payment, refundsEnd: "CLOSED" });

  expect(refund("r1", "10.00")).toMatchObject({ kind: "taken", refund: { standing: { status: "CLOSED" } } });
  desk.book.put(payment);
  expect(refund("r2", "10.00", { settling: "later" })).toMatchObject({
    refund: { standing: { status: "PROCESSING" } },
  });
  expect(refund("r2", "10.00").kind).toBe("known");
  expect(refund("r2", "9.00").kind).toBe("differs");
  expect(refund("r3", "0.01")).toEqual({ kind: "refused", why: "exceeds_paid" });
  expect(findRefund(desk, "r2")?.payment.outTradeNo).toBe("1");
});

test("each charge of a payment gives back what it took, by its number or by the amounts, and no more", () => {
  const payment = paid("1");
  const again = { transactionId: "again", paid: "12.00", paidAt: new Date().toISOString() };
  desk.book.put({ ...payment, paidAgain: [again] });

  expect(refund("r1", "12.01", { of: { transactionId: "again" } })).toEqual({ kind: "refused", why: "exceeds_paid" });
  expect(refund("r1", "12.00", { of: { transactionId: "again" } }).kind).toBe("taken");
  expect(refund("r1", "12.00", { of: { transactionId: payment.transactionId } }).kind).toBe("differs");
  expect(refund("r2", "4.00").kind).toBe("taken");
  expect(refund("r3", "6.01", { of: { paid: new Decimal("12.00") } })).toEqual({
    kind: "refused",
    why: "exceeds_paid",
  });
  expect(refund("r3", "6.00", { of: { paid: new Decimal("12.00") } }).kind).toBe("taken");
  expect(refund("r4", "0.01", { of: { transactionId: "of nobody" } })).toEqual({ kind: "refused", why: "not_paid" });

  expect(findPayment(desk, "1")).toMatchObject({ amount: "10.00", refunds: [{}, {}] });
  expect(findTransaction(desk, "again")).toMatchObject({ amount: "12.00", refunds: [{ outRefundNo: "r1" }] });
  expect(findRefund(desk, "r1")?.payment).toMatchObject({ transactionId: "again", standing: { paid: "12.00" } });
});

test("charges of one amount are given back one after the other where the merchant names none", () => {
  const payment = paid("1");
  desk.book.put({
    ...payment,
    paidAgain: [{ transactionId: "again", paid: "10.00", paidAt: new Date().toISOString() }],
  });

  expect(refund("r1", "10.00")).toMatchObject({ refund: { transactionId: payment.transactionId } });
  expect(refund("r2", "10.00")).toMatchObject({ refund: { transactionId: "again" } });
  expect(refund("r3", "0.01")).toEqual({ kind: "refused", why: "exceeds_paid" });
});
