import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Decimal } from "@zhanggui/domain";
import { afterEach, beforeAll, expect, test } from "vitest";

import { unionpay } from "../src/vendors/unionpay/index.ts";
import { fieldsOf, until } from "./harness.ts";
import {
  type UnionpayPair,
  type UnionpayWorld,
  beijing,
  hexDigest,
  makePair,
  newNumber,
  signedByMerchant,
  startUnionpay,
  verifiedBy,
} from "./unionpay-world.ts";

let pair: UnionpayPair;
let world: UnionpayWorld | undefined;
beforeAll(async () => {
  pair = await makePair();
});
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

test("a payment is told by a notice that the shop's own verifier accepts, with the facts of a query", async () => {
  const { play, open, receiver, ...rest } = (world = await startUnionpay(pair));
  const outTradeNo = await open();

  await play(outTradeNo, { do: "pay" });
  const verified = await verifiedBy(world, 0);
  const queried = await rest.calls.query(rest.account, rest.paying(outTradeNo), rest.outside);

  expect(receiver.received).toHaveLength(1);
  expect(verified).toMatchObject({
    ok: true,
    notice: { eventType: "payment", outTradeNo, status: "succeeded", rawStatus: "00", amountMinor: 3_980 },
  });
  expect(verified.ok && queried.kind === "found" && queried.notice).toEqual(verified.ok && verified.notice);
  const fields = fieldsOf(receiver, 0);
  expect(fields["queryId"]?.slice(14, 20)).toBe(fields["traceNo"]);
  expect(fields["traceTime"]).toMatch(/^\d{10}$/);
});

test("a refund is told with its own number and the payment's", async () => {
  const { play, open, receiver, account, calls, outside } = (world = await startUnionpay(pair));
  const outTradeNo = await open();
  await play(outTradeNo, { do: "pay" });
  const transactionId = fieldsOf(receiver, 0)["queryId"] ?? "";
  const outRefundNo = newNumber();
  const money = { amount: new Decimal("39.80"), refundAmount: new Decimal("10.00"), currency: "CNY" };
  const about = { outTradeNo, transactionId, outRefundNo, requestedAt: new Date() };
  await calls.refund(account, { ...about, ...money, reason: "", notifyUrl: receiver.url }, outside);
  await until(() => receiver.received.length === 2);

  expect(await verifiedBy(world, 1)).toMatchObject({
    ok: true,
    notice: { eventType: "refund", transactionId, outRefundNo, refundMinor: 1_000, status: "refund_succeeded" },
  });
  expect(fieldsOf(receiver, 1)).toMatchObject({ txnType: "04", origQryId: transactionId, orderId: outRefundNo });
});

test("a void is told with its own number and the payment's", async () => {
  const { play, open, receiver, ask, outside } = (world = await startUnionpay(pair));
  await play(await open(), { do: "pay" });
  const origQryId = fieldsOf(receiver, 0)["queryId"] ?? "";
  const order = { orderId: newNumber(), txnTime: beijing(outside.now()), txnAmt: "3980" };
  const words = { txnType: "31", txnSubType: "00", origQryId, backUrl: receiver.url, ...order };
  await ask("backTransReq", signedByMerchant(pair, words));
  await until(() => receiver.received.length === 2);

  expect(await verifiedBy(world, 1)).toMatchObject({
    ok: true,
    notice: { eventType: "refund", transactionId: origQryId, outRefundNo: order.orderId, refundMinor: 3_980 },
  });
  expect(fieldsOf(receiver, 1)).toMatchObject({ txnType: "31", origQryId, ...order });
});

test("a second charge of one order is refunded by its own number", async () => {
  const { play, open, receiver, account, calls, outside } = (world = await startUnionpay(pair));
  const outTradeNo = await open();
  await play(outTradeNo, { do: "pay" });
  const charged = await play(outTradeNo, { do: "pay", transactionId: "another" });
  const second = fieldsOf(receiver, 1)["queryId"] ?? "";
  const money = { amount: new Decimal("39.80"), refundAmount: new Decimal("39.80"), currency: "CNY" };
  const about = { outTradeNo, transactionId: second, outRefundNo: newNumber(), requestedAt: new Date() };
  const taken = await calls.refund(account, { ...about, ...money, reason: "", notifyUrl: receiver.url }, outside);
  await until(() => receiver.received.length === 3);

  expect(charged.status).toBe(200);
  expect(second).not.toBe(fieldsOf(receiver, 0)["queryId"]);
  expect(taken).toMatchObject({ kind: "accepted" });
  expect(await verifiedBy(world, 1)).toMatchObject({ ok: true, notice: { outTradeNo, transactionId: second } });
  expect(await verifiedBy(world, 2)).toMatchObject({ ok: true, notice: { transactionId: second, refundMinor: 3_980 } });
});

test("failures and closures are told to nobody, unless a script claims them", async () => {
  const { play, open, receiver } = (world = await startUnionpay(pair));
  const outTradeNo = await open();
  await play(outTradeNo, { do: "fail" });
  await play(outTradeNo, { do: "close" });
  expect(receiver.received).toHaveLength(0);

  await play(outTradeNo, { do: "notify", status: "PAYERROR" });

  expect(await verifiedBy(world, 0)).toMatchObject({ ok: true, notice: { status: "failed", rawStatus: "01" } });
});

test("a forgery has UnionPay's name and its authority's, and is refused all the same", async () => {
  const { play, open, receiver } = (world = await startUnionpay(pair));
  const outTradeNo = await open();

  await play(outTradeNo, { do: "pay", forge: true, duplicates: 1 });
  const forged = new X509Certificate(fieldsOf(receiver, 0)["signPubKeyCert"] ?? "");

  expect(forged.subject).toContain(pair.account.unionpayName);
  expect(forged.checkIssued(new X509Certificate(pair.account.middleCert))).toBe(true);
  expect(await verifiedBy(world, 0)).toEqual({ ok: false, reason: "signature_invalid" });
  expect(await verifiedBy(world, 1)).toEqual({ ok: false, reason: "signature_invalid" });
});

test("duplicates are one event; there is no other key to sign with", async () => {
  const opened = (world = await startUnionpay(pair));
  const { play, open, receiver } = opened;
  const outTradeNo = await open();

  await play(outTradeNo, { do: "pay", duplicates: 2, otherKey: true });
  const all = await Promise.all([0, 1, 2].map((index) => verifiedBy(opened, index)));

  expect(receiver.received).toHaveLength(3);
  expect(new Set(all.map((each) => each.ok && each.notice.eventKey)).size).toBe(1);
  expect(all.every((each) => each.ok)).toBe(true);
});

test("a notice is sent five times, 1, 2, 4 and 5 minutes apart, unless it is answered with 200", async () => {
  const { play, open, receiver } = (world = await startUnionpay(pair, {
    speed: 10_000,
    reply: () => ({ status: 500, body: "ok" }),
  }));
  await play(await open(), { do: "pay" });
  await until(() => receiver.received.length === 5);
  await new Promise((resolve) => setTimeout(resolve, 100));

  expect(receiver.received).toHaveLength(5);
  expect(unionpay.ladderSeconds).toEqual([60, 120, 240, 300]);
  expect(unionpay.isAcknowledged({ kind: "answered", status: 200, body: "" })).toBe(true);
  expect(unionpay.isAcknowledged({ kind: "answered", status: 204, body: "" })).toBe(false);
  expect(unionpay.isAcknowledged({ kind: "unanswered", why: "timeout" })).toBe(false);
});

const command = "openssl";
/** Not everywhere: no other test needs it. */
const hasOpenssl = spawnSync(command, ["version"]).status === 0;

test.skipIf(!hasOpenssl)("openssl finds a notice's signature and chain good (LEFT OUT without openssl)", async () => {
  const { play, open, receiver } = (world = await startUnionpay(pair));
  await play(await open(), { do: "pay" });
  const fields = fieldsOf(receiver, 0);
  const leaf = new X509Certificate(fields["signPubKeyCert"] ?? "");
  const folder = mkdtempSync(join(tmpdir(), "unionpay-"));
  const file = (name: string, content: string | Buffer) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  const key = file("key.pem", leaf.publicKey.export({ type: "spki", format: "pem" }));
  const signature = file("signature", Buffer.from(fields["signature"] ?? "", "base64"));
  const text = file("text", hexDigest(fields));
  const verified = spawnSync(command, ["dgst", "-sha256", "-verify", key, "-signature", signature, text]);
  const chain = ["-CAfile", file("root.pem", pair.account.rootCert)];
  const middle = ["-untrusted", file("middle.pem", pair.account.middleCert)];
  const trusted = spawnSync(command, ["verify", ...chain, ...middle, file("leaf.pem", leaf.toString())]);
  rmSync(folder, { recursive: true });

  expect(verified.stdout.toString()).toContain("Verified OK");
  expect(trusted.stdout.toString()).toContain("OK");
});
