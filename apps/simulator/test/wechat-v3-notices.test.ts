import { Decimal } from "@zhanggui/domain";
import { afterEach, beforeAll, expect, test } from "vitest";

import { wechatV3 } from "../src/vendors/wechat-v3/index.ts";
import { until } from "./harness.ts";
import { type WechatPair, type WechatWorld, makePair, newNumber, startWechat, verifiedBy } from "./wechat-v3-world.ts";

let pair: WechatPair;
let world: WechatWorld | undefined;
beforeAll(async () => {
  pair = await makePair();
});
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

async function startOpened(options: Parameters<typeof startWechat>[1] = {}) {
  const started = (world = await startWechat(pair, options));
  const outTradeNo = newNumber();
  await started.calls.pay(started.account, started.paying(outTradeNo), started.outside);
  return { started, outTradeNo };
}

async function askRefund({ account, calls, outside, paying, receiver }: WechatWorld, outTradeNo: string) {
  const found = await calls.query(account, paying(outTradeNo), outside);
  const transactionId = found.kind === "found" ? (found.notice.transactionId ?? "") : "";
  const call = {
    outTradeNo,
    transactionId,
    outRefundNo: `R${outTradeNo}`,
    requestedAt: new Date(),
    reason: "",
    amount: new Decimal("39.80"),
    refundAmount: new Decimal("10.00"),
    currency: "CNY",
    notifyUrl: receiver.url,
  };
  return { transactionId, answer: await calls.refund(account, call, outside) };
}

const serialOf = (place: number): string => pair.keys.platformKeys[place]?.serial ?? "";

test("a payment is told with its facts, which the system's own verifier reads", async () => {
  const { started, outTradeNo } = await startOpened();

  await started.play(outTradeNo, { do: "pay" });

  const [request] = started.receiver.received;
  const verification = await verifiedBy(started, 0);
  expect(request?.headers).toMatchObject({
    "content-type": "application/json",
    "wechatpay-serial": serialOf(0),
    "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
  });
  expect(JSON.parse(new TextDecoder().decode(request?.body))).toMatchObject({
    event_type: "TRANSACTION.SUCCESS",
    resource_type: "encrypt-resource",
    summary: "支付成功",
    resource: { original_type: "transaction", algorithm: "AEAD_AES_256_GCM", associated_data: "transaction" },
  });
  expect(verification).toMatchObject({
    ok: true,
    notice: {
      eventType: "payment",
      outTradeNo,
      transactionId: expect.stringMatching(/^4200\d{24}$/),
      status: "succeeded",
      rawStatus: "SUCCESS",
      amountMinor: 3_980,
      currency: "CNY",
      occurredAt: expect.any(Date),
    },
  });
});

test("a payment one fen short is told as what was paid", async () => {
  const { started, outTradeNo } = await startOpened();

  await started.play(outTradeNo, { do: "pay", amount: "39.79" });

  expect(await verifiedBy(started, 0)).toMatchObject({ ok: true, notice: { status: "succeeded", amountMinor: 3_979 } });
});

test("neither a failed attempt nor a close is told, nor that a buyer is about to pay", async () => {
  const { started, outTradeNo } = await startOpened();

  const failed = await started.play(outTradeNo, { do: "fail" });
  const paid = await started.play(outTradeNo, { do: "pay", order: "reversed" });
  const other = newNumber();
  await started.calls.pay(started.account, started.paying(other), started.outside);
  const closed = await started.play(other, { do: "close" });

  expect(await failed.json()).toMatchObject({ payment: { status: "PAYERROR" }, deliveries: [] });
  expect(await paid.json()).toMatchObject({ deliveries: [{ role: "notice" }] });
  expect(await closed.json()).toMatchObject({ payment: { status: "CLOSED" }, deliveries: [] });
  expect(started.receiver.received).toHaveLength(1);
});

test("a status that a fault is to claim is told all the same", async () => {
  const { started, outTradeNo } = await startOpened();

  await started.play(outTradeNo, { do: "notify", status: "PAYERROR" });

  expect(await verifiedBy(started, 0)).toMatchObject({ ok: true, notice: { status: "failed", rawStatus: "PAYERROR" } });
});

test.each([
  ["SUCCESS", "refund_succeeded", "SUCCESS"],
  ["ABNORMAL", "refund_abnormal", "ABNORMAL"],
  ["CLOSED", "refund_closed", "CLOSED"],
  ["FAIL", "refund_closed", "CLOSED"],
])("a refund that ends %s is told as %s", async (end, status, word) => {
  const { started, outTradeNo } = await startOpened();
  await started.play(outTradeNo, { do: "pay" });
  await started.endRefunds(outTradeNo, end);

  const { transactionId, answer } = await askRefund(started, outTradeNo);
  await until(() => started.receiver.received.length === 2);

  expect(answer).toMatchObject({ kind: "accepted", status: "refund_processing" });
  expect(JSON.parse(new TextDecoder().decode(started.receiver.received[1]?.body))).toMatchObject({
    event_type: `REFUND.${word}`,
    resource: { original_type: "refund" },
  });
  expect(await verifiedBy(started, 1)).toMatchObject({
    ok: true,
    notice: {
      eventType: "refund",
      outTradeNo,
      transactionId,
      outRefundNo: `R${outTradeNo}`,
      status,
      rawStatus: word,
      amountMinor: 3_980,
      refundMinor: 1_000,
    },
  });
});

test("a forgery is signed by nobody, under a serial that is known, and moves no money", async () => {
  const { started, outTradeNo } = await startOpened();

  await started.play(outTradeNo, { do: "pay", forge: true });

  const found = await started.calls.query(started.account, started.paying(outTradeNo), started.outside);
  expect(started.receiver.received[0]?.headers["wechatpay-serial"]).toBe(serialOf(0));
  expect(await verifiedBy(started, 0)).toEqual({ ok: false, reason: "signature_invalid" });
  expect(found).toMatchObject({ notice: { rawStatus: "NOTPAY" } });
});

test("a notice is signed with the account's other key when that is asked for", async () => {
  const { started, outTradeNo } = await startOpened();

  await started.play(outTradeNo, { do: "pay", otherKey: true });

  expect(started.receiver.received[0]?.headers["wechatpay-serial"]).toBe(serialOf(1));
  expect(await verifiedBy(started, 0)).toMatchObject({ ok: true, notice: { status: "succeeded" } });
});

test("redeliveries and duplicates are one event, each signed and encrypted afresh", async () => {
  const { started, outTradeNo } = await startOpened({
    reply: (count) =>
      count === 1 ? { status: 500, body: '{"code":"FAIL","message":"失败"}' } : { status: 204, body: "" },
  });

  await started.play(outTradeNo, { do: "pay", duplicates: 2 });
  await until(() => started.receiver.received.length === 4);

  const said = started.receiver.received.map(({ headers, body }) => {
    const text = new TextDecoder().decode(body);
    return { nonce: headers["wechatpay-nonce"], text, ...JSON.parse(text) };
  });
  expect(new Set(said.map(({ id }) => id)).size).toBe(1);
  expect(new Set(said.map(({ nonce }) => nonce)).size).toBe(4);
  expect(new Set(said.map(({ text }) => text)).size).toBe(4);
  const keys = await Promise.all([0, 1, 2, 3].map((index) => verifiedBy(started, index)));
  expect(new Set(keys.map((each) => (each.ok ? each.notice.eventKey : each.reason))).size).toBe(1);
});

test("200 and 204 are content, other answers and a plain FAIL are not", () => {
  const { isAcknowledged } = wechatV3;
  const answered = (status: number, body = "") => isAcknowledged({ kind: "answered", status, body });

  expect([answered(200), answered(204), answered(200, '{"code":"SUCCESS","message":"成功"}')]).toEqual([
    true,
    true,
    true,
  ]);
  expect([answered(201), answered(302), answered(401), answered(500)]).toEqual([false, false, false, false]);
  expect(answered(200, '{"code":"FAIL","message":"失败"}')).toBe(false);
  expect(isAcknowledged({ kind: "unanswered", why: "timeout" })).toBe(false);
});

test("the ladder has fifteen redeliveries in 24 h 4 min", () => {
  const { ladderSeconds } = wechatV3;

  expect(ladderSeconds).toHaveLength(15);
  expect(ladderSeconds.reduce((sum, seconds) => sum + seconds, 0)).toBe((24 * 60 + 4) * 60);
});
