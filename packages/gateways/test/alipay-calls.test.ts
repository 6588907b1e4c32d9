import { createSign, createVerify, generateKeyPairSync } from "node:crypto";
import { buffer, text } from "node:stream/consumers";
import { Decimal } from "@zhanggui/domain";
import { AlipaySdk } from "alipay-sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AlipayAccount } from "../src/alipay/account.ts";
import { alipayCalls } from "../src/alipay/calls.ts";
import { account as keys, alipayKeys, appKeys, pkcs8Pem, spkiPem } from "./support/alipay-notices.ts";
import { type GatewayServer, startGateway } from "./support/gateway-server.ts";
import { zipOf } from "./support/zip-file.ts";

let gateway: GatewayServer;
let account: AlipayAccount;
beforeAll(async () => {
  gateway = await startGateway();
  account = { ...keys, baseUrl: `${gateway.url}/gateway.do` };
});
afterAll(() => gateway.stop());

const now = new Date("2026-11-22T16:30:05Z");
const outside = { fetch, now: () => now };
const outTradeNo = "p_1";
const paying = {
  outTradeNo,
  amount: new Decimal("39.8"),
  currency: "CNY",
  subject: "茶&咖啡=1/2",
  notifyUrl: "https://shop.test/callbacks/alipay",
  expiresAt: new Date("2026-11-22T16:59:59.900Z"),
  startedAt: now,
  returnUrl: "https://shop.test/orders/1",
};
const refunding = {
  outTradeNo,
  transactionId: "T1",
  outRefundNo: "r_1",
  amount: new Decimal("39.8"),
  refundAmount: new Decimal("5"),
  currency: "CNY",
  reason: "不要了",
  notifyUrl: paying.notifyUrl,
  requestedAt: now,
};

const pay = () => alipayCalls.pay(account, paying, outside);
const query = () => alipayCalls.query(account, paying, outside);
const close = () => alipayCalls.close(account, paying, outside);
const refund = () => alipayCalls.refund(account, refunding, outside);
const refundQuery = () => alipayCalls.refundQuery(account, refunding, outside);
const statement = () => alipayCalls.statement(account, "2026-11-21", outside);

const everyCall = [
  ["pay", "alipay.trade.precreate", pay],
  ["query", "alipay.trade.query", query],
  ["close", "alipay.trade.close", close],
  ["refund", "alipay.trade.refund", refund],
  ["refund query", "alipay.trade.fastpay.refund.query", refundQuery],
  ["statement", "alipay.data.dataservice.bill.downloadurl.query", statement],
] as const;

const good = {
  code: "10000",
  msg: "Success",
  out_trade_no: outTradeNo,
  trade_no: "T1",
  qr_code: "https://qr.alipay.com/bax1",
  trade_status: "TRADE_SUCCESS",
  total_amount: "39.80",
  send_pay_date: "2026-11-23 00:29:59",
  fund_change: "Y",
  out_request_no: "r_1",
  refund_status: "REFUND_SUCCESS",
  bill_download_url: "https://bill.test/x.zip",
};
type Fields = Readonly<Record<string, unknown>>;

function keyOf(method: string): string {
  return `${method.replaceAll(".", "_")}_response`;
}

/** Escapes slashes as Alipay does, so that a signature over re-written JSON would fail. */
function bodyOf(name: string, fields: Fields, key = alipayKeys.privateKey): string {
  const raw = JSON.stringify(fields).replaceAll("/", String.raw`\/`);
  return `{"${name}":${raw},"sign":"${createSign("RSA-SHA256").update(raw).sign(key, "base64")}"}`;
}

function answerText(body: string): void {
  gateway.handle((_, response) => void response.end(body));
}

function answer(fields: Fields, method: string): void {
  answerText(bodyOf(keyOf(method), fields));
}

describe.each(everyCall)("an answer to %s is unknown", (_, method, call) => {
  const signed = bodyOf(keyOf(method), good);
  test.each([
    ["not signed", JSON.stringify({ [keyOf(method)]: good })],
    ["signed by another", bodyOf(keyOf(method), good, generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey)],
    ["changed after signing", signed.replace("39.80", "39.81")],
    ["written anew after signing", JSON.stringify(JSON.parse(signed))],
    ["an answer to another method", bodyOf("alipay_other_response", good)],
    ["with its name twice", signed.replace("{", `{"${keyOf(method)}":{"code":"10000"},`)],
    ["with an error beside it", signed.replace("{", `{"error_response":{"code":"40004"},`)],
    ["with the signed text elsewhere", `{"x":${signed},"${keyOf(method)}":{"code":"10000"},"sign":"AAAA"}`],
    ["an error, not signed", JSON.stringify({ error_response: { code: "40004", sub_code: "ACQ.TRADE_NOT_EXIST" } })],
    ["a system error", bodyOf(keyOf(method), { code: "40004", sub_code: "ACQ.SYSTEM_ERROR" })],
    ["an outage", bodyOf(keyOf(method), { code: "20000", sub_code: "isp.unknow-error" })],
    ["an outage that names a decision", bodyOf(keyOf(method), { code: "20000", sub_code: "ACQ.TRADE_NOT_EXIST" })],
    ["a signed error of the gateway", bodyOf("error_response", { code: "40002", sub_code: "isv.invalid-signature" })],
    ["not JSON", "<html>"],
    ["empty", ""],
  ])("when it is %s", async (__, body) => {
    answerText(body);

    expect(await call()).toMatchObject({ kind: "unknown" });
  });
});

test.each(everyCall.slice(0, 5))("an answer to %s for another payment is unknown", async (_, method, call) => {
  answer({ ...good, out_trade_no: "p_2" }, method);

  expect(await call()).toMatchObject({ kind: "unknown", why: expect.stringContaining("another payment") });
});

describe("a call", () => {
  test("is signed over its sorted parameters, in Beijing time", async () => {
    let params: Record<string, string> = {};
    let type = "";
    gateway.handle(async (request, response) => {
      type = request.headers["content-type"] ?? "";
      const form = new URLSearchParams(await text(request));
      params = Object.fromEntries([...new URL(request.url ?? "", "http://x").searchParams, ...form]);
      response.end(bodyOf(keyOf("alipay.trade.precreate"), good));
    });

    expect(await pay()).toEqual({ kind: "created", action: { type: "qr", url: good.qr_code } });

    const { sign = "", ...rest } = params;
    const signedText = Object.keys(rest)
      .toSorted()
      .map((name) => `${name}=${rest[name]}`)
      .join("&");
    expect(createVerify("RSA-SHA256").update(signedText).verify(appKeys.publicKey, sign, "base64")).toBe(true);
    expect(type).toBe("application/x-www-form-urlencoded;charset=utf-8");
    expect(rest).toMatchObject({ timestamp: "2026-11-23 00:30:05", notify_url: paying.notifyUrl, sign_type: "RSA2" });
    expect(JSON.parse(rest["biz_content"] ?? "")).toEqual({
      out_trade_no: "p_1",
      total_amount: "39.80",
      subject: "茶 咖啡 1 2",
      seller_id: keys.seller_id,
      time_expire: "2026-11-23 00:59:59",
    });
  });

  test("has the parameters that alipay-sdk sends, and the SDK accepts the same answer", async () => {
    const sent: (readonly string[])[] = [];
    gateway.handle(async (request, response) => {
      await text(request);
      sent.push([...new URL(request.url ?? "", "http://x").searchParams.keys()].toSorted());
      response.end(bodyOf(keyOf("alipay.trade.query"), good));
    });
    const sdk = new AlipaySdk({
      appId: account.app_id,
      privateKey: pkcs8Pem,
      keyType: "PKCS8",
      alipayPublicKey: spkiPem,
      gateway: account.baseUrl ?? "",
    });

    await query();
    await sdk.exec("alipay.trade.query", { bizContent: { out_trade_no: outTradeNo } }, { validateSign: true });

    const [ours, theirs] = sent;
    expect(ours?.filter((name) => name !== "format")).toEqual(theirs?.filter((name) => name !== "format"));
  });

  test("in another currency is not made", async () => {
    expect(await alipayCalls.pay(account, { ...paying, currency: "USD" }, outside)).toMatchObject({ kind: "refused" });
    expect(alipayCalls.isCallable(keys)).toBe(false);
    expect(alipayCalls.isCallable(account)).toBe(true);
  });
});

describe("query", () => {
  test.each([
    ["WAIT_BUYER_PAY", {}, "processing"],
    ["TRADE_SUCCESS", {}, "succeeded"],
    ["TRADE_FINISHED", {}, "succeeded"],
    ["TRADE_CLOSED", { send_pay_date: undefined }, "cancelled"],
    ["TRADE_CLOSED", {}, "succeeded"],
  ])("that says %s %j is %s", async (trade_status, change, status) => {
    answer({ ...good, trade_status, ...change }, "alipay.trade.query");

    expect(await query()).toMatchObject({
      kind: "found",
      notice: { outTradeNo, transactionId: "T1", amountMinor: 3980, currency: "CNY", status },
    });
  });

  test.each([{ trade_status: "NEW" }, { total_amount: 39.8 }, { total_amount: "39.801" }, { trade_no: undefined }])(
    "with %j is unknown",
    async (change) => {
      answer({ ...good, ...change }, "alipay.trade.query");

      expect(await query()).toMatchObject({ kind: "unknown" });
    },
  );

  test("of a trade that no buyer opened is not found", async () => {
    answer({ code: "40004", sub_code: "ACQ.TRADE_NOT_EXIST" }, "alipay.trade.query");

    expect(await query()).toEqual({ kind: "not_found" });
  });
});

test("close of a trade that no buyer opened is closed once the code has run out, and not before", async () => {
  answer({ code: "40004", sub_code: "ACQ.TRADE_NOT_EXIST" }, "alipay.trade.close");
  const closeAt = (ms: number) =>
    alipayCalls.close(account, paying, { ...outside, now: () => new Date(paying.expiresAt.getTime() + ms) });

  expect(await closeAt(-1)).toEqual({ kind: "not_found" });
  expect(await closeAt(0)).toEqual({ kind: "closed" });
});

test.each([
  ["ACQ.TRADE_NOT_EXIST", "not_found"],
  ["ACQ.TRADE_HAS_SUCCESS", "paid"],
  ["ACQ.REASON_TRADE_STATUS_INVALID", "paid"],
  ["ACQ.TRADE_HAS_CLOSE", "closed"],
])("close that answers %s is %s", async (sub_code, kind) => {
  answer({ code: "40004", sub_code }, "alipay.trade.close");
  expect(await close()).toEqual({ kind });

  answer(good, "alipay.trade.close");
  expect(await close()).toEqual({ kind: "closed" });
});

test.each([
  [good, { kind: "accepted", status: "refund_succeeded" }],
  [
    { ...good, fund_change: "N" },
    { kind: "accepted", status: "refund_processing" },
  ],
  [{ code: "40004", sub_code: "ACQ.SELLER_BALANCE_NOT_ENOUGH" }, { kind: "refused" }],
  [{ code: "40004", sub_code: "ACQ.DISCORDANT_REPEAT_REQUEST" }, { kind: "unknown" }],
])("a refund answered with %j is %j", async (fields, means) => {
  answer(fields, "alipay.trade.refund");

  expect(await refund()).toMatchObject(means);
});

test("a refund is found only when it succeeded, under its own number", async () => {
  answer(good, "alipay.trade.fastpay.refund.query");
  expect(await refundQuery()).toEqual({ kind: "found", status: "refund_succeeded" });

  answer({ ...good, out_request_no: "r_2" }, "alipay.trade.fastpay.refund.query");
  expect(await refundQuery()).toMatchObject({ kind: "unknown" });

  answer({ ...good, refund_status: undefined }, "alipay.trade.fastpay.refund.query");
  expect(await refundQuery()).toMatchObject({ kind: "unknown" });
});

function serveBill(zip: Buffer): void {
  gateway.handle((request, response) => {
    if (request.url === "/bill.zip") response.end(zip);
    else {
      const fields = { ...good, bill_download_url: `${gateway.url}/bill.zip` };
      response.end(bodyOf(keyOf("alipay.data.dataservice.bill.downloadurl.query"), fields));
    }
  });
}

describe("a statement", () => {
  const detail = { name: "2088_20261121_业务明细.csv", data: Buffer.from("#支付宝\n1,2,3\n".repeat(5000)) };
  const summary = { name: "2088_20261121_业务明细(汇总).csv", data: Buffer.from("sum") };

  test.each([0, 8] as const)("is the detail file of the archive (method %i)", async (method) => {
    serveBill(zipOf([summary, { ...detail, method }]));

    const got = await statement();

    expect(got.kind === "downloaded" && (await buffer(got.file)).equals(detail.data)).toBe(true);
  });

  test.each([
    ["no archive", Buffer.from("nothing")],
    ["cut", zipOf([detail]).subarray(50)],
    ["without a detail file", zipOf([summary])],
    ["with two", zipOf([detail, { ...detail, name: "b.csv" }])],
  ])("that is %s is unknown", async (_, zip) => {
    serveBill(zip);

    expect(await statement()).toMatchObject({ kind: "unknown" });
  });

  test("whose content is not what was packed fails while it is read", async () => {
    serveBill(zipOf([{ ...detail, crc: 1 }]));

    const got = await statement();

    await expect(got.kind === "downloaded" ? buffer(got.file) : undefined).rejects.toThrow("not what was packed");
  });

  test("that is not made yet is not ready", async () => {
    answer({ code: "40004", sub_code: "isp.bill_not_exist" }, "alipay.data.dataservice.bill.downloadurl.query");

    expect(await statement()).toMatchObject({ kind: "not_ready" });
  });
});
