import { Decimal } from "@zhanggui/domain";
import type { RefundCall } from "@zhanggui/gateways";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { until } from "./harness.ts";
import {
  type Fields,
  type UnionpayPair,
  type UnionpayWorld,
  beijing,
  makePair,
  newNumber,
  signedByMerchant,
  startUnionpay,
} from "./unionpay-world.ts";

let pair: UnionpayPair;
let world: UnionpayWorld;
beforeAll(async () => {
  pair = await makePair();
  world = await startUnionpay(pair);
});
afterAll(() => world.stop());

type Paid = { readonly outTradeNo: string; readonly transactionId: string };

function query(outTradeNo: string, of = world) {
  return of.calls.query(of.account, of.paying(outTradeNo), of.outside);
}

async function openPaid(of = world): Promise<Paid> {
  const outTradeNo = await of.open();
  await of.play(outTradeNo, { do: "pay" });
  const answer = await query(outTradeNo, of);
  return { outTradeNo, transactionId: answer.kind === "found" ? (answer.notice.transactionId ?? "") : "" };
}

function refunding(paid: Paid, overrides: Partial<RefundCall> = {}): RefundCall {
  return {
    ...paid,
    outRefundNo: `R${newNumber()}`,
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

async function hasSettled(call: RefundCall): Promise<boolean> {
  const answer = await refundQuery(call);
  return answer.kind === "found" && answer.status !== "refund_processing";
}

/** 消费撤销, which this merchant's own client has no call for. */
function voiding({ transactionId }: Paid, change: Fields = {}) {
  const words = {
    txnType: "31",
    txnSubType: "00",
    orderId: `V${newNumber()}`,
    txnTime: beijing(new Date()),
    txnAmt: "3980",
    origQryId: transactionId,
    backUrl: world.receiver.url,
  };
  return signedByMerchant(pair, { ...words, ...change });
}

describe("a query", () => {
  test("finds nothing before the form was posted, nor under another time", async () => {
    const outTradeNo = newNumber();
    await world.formOf(world.paying(outTradeNo));
    const unposted = await query(outTradeNo);
    const opened = await world.open();
    const at = new Date(Date.now() - 3_600_000);
    const other = await world.calls.query(world.account, world.paying(opened, { startedAt: at }), world.outside);

    expect(unposted).toEqual({ kind: "not_found" });
    expect(other).toEqual({ kind: "not_found" });
  });

  test("says that the buyer is paying until he has paid, and then with which number", async () => {
    const outTradeNo = await world.open();
    const unpaid = await query(outTradeNo);
    await world.play(outTradeNo, { do: "pay" });
    const paid = await query(outTradeNo);

    expect(unpaid).toMatchObject({ kind: "found", notice: { status: "processing", rawStatus: "05" } });
    expect(paid).toMatchObject({
      kind: "found",
      notice: {
        outTradeNo,
        status: "succeeded",
        rawStatus: "00",
        amountMinor: 3_980,
        currency: "CNY",
        transactionId: expect.stringMatching(/^20\d{19}$/),
      },
    });
  });

  test("says what was paid where that is not what was due", async () => {
    const outTradeNo = await world.open();
    await world.play(outTradeNo, { do: "pay", amount: "39.79" });

    expect(await query(outTradeNo)).toMatchObject({ notice: { status: "succeeded", amountMinor: 3_979 } });
  });

  test("of a card that was refused is a failure, which is final only after payTimeout", async () => {
    const outTradeNo = await world.open();
    await world.play(outTradeNo, { do: "fail" });
    const attempt = world.paying(outTradeNo);
    const later = { fetch, now: () => new Date(attempt.expiresAt.getTime() + 1_000) };

    expect(await query(outTradeNo)).toMatchObject({ notice: { status: "processing", rawStatus: "01" } });
    expect(await world.calls.query(world.account, attempt, later)).toMatchObject({ notice: { status: "failed" } });
  });
});

describe("a close", () => {
  test("is not one before payTimeout, since UnionPay has no such call", async () => {
    const outTradeNo = await world.open();

    const answer = await world.calls.close(world.account, world.paying(outTradeNo), world.outside);

    expect(answer).toMatchObject({ kind: "unknown" });
  });

  test("has happened by itself after payTimeout, and the payment is refused", async () => {
    let now = new Date();
    const clocked = await startUnionpay(pair, { now: () => now });
    const outTradeNo = await clocked.open();
    now = new Date(now.getTime() + 31 * 60_000);
    const attempt = clocked.paying(outTradeNo);

    const answer = await clocked.calls.close(clocked.account, attempt, clocked.outside);
    const played = await clocked.play(outTradeNo, { do: "pay" });
    const expired = await query(outTradeNo, clocked);
    await clocked.play(outTradeNo, { do: "pay", late: true });
    const late = await clocked.calls.close(clocked.account, attempt, clocked.outside);
    await clocked.stop();

    expect(answer).toEqual({ kind: "closed" });
    expect(played.status).toBe(409);
    expect(expired).toMatchObject({ notice: { status: "failed", rawStatus: "01" } });
    expect(late).toEqual({ kind: "paid" });
  });

  test("finds out that the buyer has paid", async () => {
    const { outTradeNo } = await openPaid();

    expect(await world.calls.close(world.account, world.paying(outTradeNo), world.outside)).toEqual({ kind: "paid" });
  });
});

describe("a refund", () => {
  test("is taken, then made, in parts up to what was paid", async () => {
    const paid = await openPaid();
    const first = refunding(paid, { refundAmount: new Decimal("30.00") });

    const taken = await refund(first);
    const tooMuch = await refund(refunding(paid, { refundAmount: new Decimal("9.81") }));
    const rest = await refund(refunding(paid, { refundAmount: new Decimal("9.80") }));
    await until(() => hasSettled(first));

    const refundId = taken.kind === "accepted" ? taken.refundId : undefined;
    expect(taken).toMatchObject({ kind: "accepted", status: "refund_processing" });
    expect(refundId).toMatch(/^20\d{19}$/);
    expect(tooMuch).toEqual({ kind: "refused", why: "UnionPay answered 36 与原交易信息不符" });
    expect(rest).toMatchObject({ kind: "accepted" });
    expect(await refundQuery(first)).toEqual({ kind: "found", status: "refund_succeeded", refundId });
  });

  test("asked for again is made once", async () => {
    const paid = await openPaid();
    const call = refunding(paid);
    const [first, again] = [await refund(call), await refund(call)];
    await until(() => hasSettled(call));
    const book: unknown = await (
      await fetch(`${world.simulator.url}/control/unionpay/payments/${paid.outTradeNo}`)
    ).json();

    expect(again).toMatchObject({ kind: "accepted", refundId: first.kind === "accepted" ? first.refundId : "" });
    expect(book).toMatchObject({ refunds: [{ refundAmount: "10.00", standing: { status: "SUCCESS" } }] });
  });

  test("of a payment that is not paid, or not known, is refused", async () => {
    const outTradeNo = await world.open();
    const answer = await query(outTradeNo);
    const transactionId = answer.kind === "found" ? (answer.notice.transactionId ?? "") : "";

    const wrongState = { kind: "refused", why: expect.stringContaining("35 原交易不存在或状态不正确") };
    expect(await refund(refunding({ outTradeNo, transactionId }))).toEqual(wrongState);
    expect(await refund(refunding({ outTradeNo, transactionId: "202611220000001234567" }))).toEqual(wrongState);
  });

  test("that its bank refuses has failed", async () => {
    const paid = await openPaid();
    await world.endRefunds(paid.outTradeNo, "FAIL");
    const call = refunding(paid);
    await refund(call);
    await until(() => hasSettled(call));

    expect(await refundQuery(call)).toMatchObject({ kind: "found", status: "refund_failed" });
  });

  test("that was never asked for is not found", async () => {
    expect(await refundQuery(refunding(await openPaid()))).toEqual({ kind: "not_found" });
  });
});

describe("a void", () => {
  test("takes the whole payment back on its settlement day, once", async () => {
    const paid = await openPaid();
    const call = voiding(paid);

    const part = await world.ask("backTransReq", voiding(paid, { txnAmt: "3979" }));
    const taken = await world.ask("backTransReq", call);
    const again = await world.ask("backTransReq", call);
    const second = await world.ask("backTransReq", voiding(paid));

    expect(part["respCode"]).toBe("36");
    expect(taken).toMatchObject({ respCode: "00", txnType: "31", origQryId: paid.transactionId, txnAmt: "3980" });
    expect(again["respCode"]).toBe("12");
    expect(second["respCode"]).toBe("35");
  });

  test("comes too late after 23:00 of Beijing, when the settlement day has ended", async () => {
    let now = new Date("2030-03-01T22:59:00+08:00");
    const clocked = await startUnionpay(pair, { now: () => now });
    const paid = await openPaid(clocked);
    now = new Date("2030-03-01T23:00:00+08:00");

    const answer = await clocked.ask("backTransReq", voiding(paid, { txnTime: beijing(now) }));
    await clocked.stop();

    expect(answer["respCode"]).toBe("39");
  });
});

describe("a request that is refused is answered in UnionPay's own codes, signed", () => {
  const words = { txnType: "00", txnSubType: "00", orderId: "P2026112200001", txnTime: "20261122120000" };

  test.each<[string, string, Fields, string]>([
    ["of another merchant", "queryTrans", { merId: "777290058110999" }, "31"],
    ["of another version", "queryTrans", { version: "5.0.0" }, "10"],
    ["without a number", "queryTrans", { orderId: "" }, "10"],
    ["of another type at the queries' address", "queryTrans", { txnType: "01" }, "10"],
    ["of a product that is not played", "backTransReq", { txnType: "02" }, "32"],
    ["without its amount", "backTransReq", { txnType: "04" }, "13"],
    [
      "for a file, sent long ago",
      "fileDownload",
      { txnType: "76", fileType: "00", settleDate: "1122", txnSubType: "01" },
      "39",
    ],
  ])("%s", async (_, service, change, code) => {
    const answer = await world.ask(service, signedByMerchant(pair, { ...words, ...change }));

    expect(answer["respCode"]).toBe(code);
    expect(answer["merId"]).toBe(pair.account.merId);
    expect(answer["signPubKeyCert"]).toContain("BEGIN CERTIFICATE");
  });

  test("with a signature that is not the merchant's", async () => {
    const signed = signedByMerchant(pair, words);

    const answer = await world.ask("queryTrans", { ...signed, orderId: "P2026112200002" });

    expect(answer["respCode"]).toBe("11");
  });

  test("by a merchant's client that was told another key", async () => {
    const stranger = await makePair();
    const { signCert, signPrivateKey } = stranger.account;
    const account = { ...world.account, signCert, signPrivateKey };
    const call = refunding(await openPaid());

    expect(await world.calls.refund(account, call, world.outside)).toMatchObject({ kind: "unknown" });
    expect(await refundQuery(call)).toEqual({ kind: "not_found" });
  });

  test("at an address that is no service's", async () => {
    const response = await fetch(`${world.account.baseUrl}/gateway/api/appTransReq.do`, { method: "POST" });

    expect(response.status).toBe(404);
  });
});
