import { createHash } from "node:crypto";
import { once } from "node:events";
import { type IncomingHttpHeaders, createServer } from "node:http";
import { buffer, text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";

import { Decimal } from "@zhanggui/domain";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Formatter, Rsa } from "wechatpay-axios-plugin";

import type { CallbackRequest } from "../src/gateway.ts";
import { wechatV3 } from "../src/wechat-v3/index.ts";
import { type GatewayServer, startGateway } from "./support/gateway-server.ts";
import {
  type Facts,
  type SignOptions,
  account as incoming,
  merchantKeys,
  notice,
  now,
  paid,
  publicKeyId,
  publicModeKeys,
  readingOf,
  refunded,
  signed,
  timestamp,
} from "./support/wechat-v3-notices.ts";
import { rsaKeys, spki } from "./support/wechat-v3-x509.ts";

const { calls } = wechatV3;
const outside = { fetch, now: () => now };
const outTradeNo = "p_20261122_1";
const outRefundNo = "r_20261123_1";
const paying = {
  outTradeNo,
  amount: new Decimal("19.9"),
  currency: "CNY",
  subject: "龙井 & 二两",
  notifyUrl: "https://shop.test/callbacks/wechat",
  expiresAt: new Date("2026-11-22T16:29:00.900Z"),
  startedAt: now,
  returnUrl: "https://shop.test/orders/1",
};
const refunding = {
  outTradeNo,
  transactionId: "4200001234202611221234567890",
  outRefundNo,
  amount: new Decimal("19.90"),
  refundAmount: new Decimal("5.00"),
  currency: "CNY",
  reason: "退货",
  notifyUrl: "https://shop.test/callbacks/wechat",
  requestedAt: now,
};
const byPublicKey: SignOptions = { serial: publicKeyId, keys: publicModeKeys };

let gateway: GatewayServer;
let account: typeof incoming;
beforeAll(async () => {
  gateway = await startGateway();
  account = { ...incoming, baseUrl: gateway.url };
});
afterAll(() => gateway.stop());

const pay = () => calls.pay(account, paying, outside);
const query = () => calls.query(account, paying, outside);
const close = () => calls.close(account, paying, outside);
const refund = () => calls.refund(account, refunding, outside);
const refundQuery = () => calls.refundQuery(account, refunding, outside);
const statement = () => calls.statement(account, "2026-11-21", outside);

const codeUrl = "weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00";
const refundFacts: Facts = { ...refunded, refund_status: undefined, status: "SUCCESS", mchid: undefined };
const file = Buffer.from("\uFEFF交易时间,商户订单号\r\n`2026-11-21 12:00:00,`p_1\r\n".repeat(5_000));
const sha1 = createHash("sha1").update(file).digest("hex");
const bill = () => ({
  hash_type: "SHA1",
  hash_value: sha1,
  download_url: `${gateway.url}/v3/billdownload/file?token=a`,
});

const everyCall = [
  ["pay", pay, 200, (): Facts => ({ code_url: codeUrl })],
  ["query", query, 200, (): Facts => paid],
  ["close", close, 204, (): string => ""],
  ["refund", refund, 200, (): Facts => refundFacts],
  ["refundQuery", refundQuery, 200, (): Facts => refundFacts],
  ["statement", statement, 200, bill],
] as const;

type Heard = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** Answers every call so, and keeps what was asked. */
function answer(response: CallbackRequest, status = 200): Heard[] {
  const heard: Heard[] = [];
  gateway.handle(async (request, given) => {
    heard.push({
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
      body: await text(request),
    });
    given.writeHead(status, response.headers);
    given.end(response.body);
  });
  return heard;
}

function refuse(status: number, code: string): void {
  answer(signed({ code, message: "不行" }, byPublicKey), status);
}

function serveBill(said: Facts, served: Uint8Array, status = 200): Heard[] {
  const heard: Heard[] = [];
  gateway.handle((request, response) => {
    heard.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body: "" });
    if (request.url?.startsWith("/v3/billdownload/") === true) {
      response.writeHead(status, { "content-type": "application/octet-stream" });
      response.end(served);
      return;
    }
    const genuine = signed(said, byPublicKey);
    response.writeHead(200, genuine.headers);
    response.end(genuine.body);
  });
  return heard;
}

function isSignedByMerchant({ method, url, headers, body }: Heard): boolean {
  const [, scheme, pairs = ""] = /^(\S+) (.*)$/.exec(headers.authorization ?? "") ?? [];
  const said = Object.fromEntries([...pairs.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  expect(scheme).toBe("WECHATPAY2-SHA256-RSA2048");
  expect(said).toMatchObject({ mchid: account.mchid, serial_no: account.merchantSerial, timestamp });
  const message = Formatter.request(method, url, said["timestamp"] ?? "", said["nonce_str"] ?? "", body);
  return Rsa.verify(message, said["signature"] ?? "", spki(merchantKeys));
}

describe.each(everyCall)("an answer to %s is unknown", (_, call, status, words) => {
  const stale = (seconds: number) => signed(words(), { ...byPublicKey, at: String(Number(timestamp) + seconds) });
  const withSignature = (value: string) =>
    signed(words(), { ...byPublicKey, headers: { "wechatpay-signature": value } });

  test.each([
    ["not signed", (): CallbackRequest => ({ ...signed(words()), headers: {} })],
    ["signed with another's key", () => signed(words(), { ...byPublicKey, keys: rsaKeys() })],
    ["signed under a name that we hold no key of", () => signed(words(), { serial: "constructor" })],
    ["signed over other words", () => ({ ...signed(words(), byPublicKey), body: Buffer.from('{"code":"x"}') })],
    ["301 seconds old", () => stale(-301)],
    ["301 seconds ahead", () => stale(301)],
    ["a signature probe", () => withSignature(`WECHATPAY/SIGNTEST/${"A".repeat(300)}`)],
    ["a genuine array", () => signed("[]", byPublicKey)],
    ["genuine without words", () => signed("{}", byPublicKey)],
    ["genuine with a name said twice", () => signed('{"code_url":"weixin://a","code_url":"weixin://b"}', byPublicKey)],
  ])("when it is %s", async (__, response) => {
    answer(response(), status === 204 ? 200 : status);

    expect(await call()).toMatchObject({ kind: "unknown", why: expect.any(String) });
  });

  test.each([
    [500, "SYSTEM_ERROR"],
    [503, "SYSTEM_ERROR"],
    [502, "NOT_ENOUGH"],
    [500, "ORDER_NOT_EXIST"],
    [500, "ORDERPAID"],
    [429, "FREQUENCY_LIMITED"],
    [400, "SYSTEM_ERROR"],
    [401, "SIGN_ERROR"],
    [202, "USERPAYING"],
    [400, "A_NEW_WORD"],
    [400, "constructor"],
    [400, "INVALID_REQUEST"],
  ])("when WeChat says, signed, %i %s", async (said, code) => {
    refuse(said, code);

    expect(await call()).toMatchObject({ kind: "unknown", why: expect.stringContaining(code) });
  });

  test.each([
    "ORDER_NOT_EXIST",
    "ORDERPAID",
    "ORDER_CLOSED",
    "NOT_ENOUGH",
    "RESOURCE_NOT_EXISTS",
    "NO_STATEMENT_EXIST",
  ])("when %s is not signed", async (code) => {
    answer({ ...signed({ code }), headers: { "content-type": "application/json" } }, 404);

    expect(await call()).toMatchObject({ kind: "unknown" });
  });

  test("when it is a redirection, which is not followed", async () => {
    const genuine = signed(words(), byPublicKey);
    const heard = answer({ ...genuine, headers: { ...genuine.headers, location: "/elsewhere" } }, 307);

    expect(await call()).toMatchObject({ kind: "unknown" });
    expect(heard).toHaveLength(1);
  });

  test("when nobody is there, the address is none or the key is none", async () => {
    const original = account;
    try {
      for (const change of [
        { baseUrl: "http://127.0.0.1:1" },
        { baseUrl: "nowhere" },
        { merchantPrivateKey: "none" },
      ]) {
        account = { ...original, ...change };
        expect(await call()).toMatchObject({ kind: "unknown" });
      }
    } finally {
      account = original;
    }
  });

  test("and it was asked once, signed by the merchant and naming the public key that we hold", async () => {
    const heard = answer(signed("{}", byPublicKey), 500);

    await call();

    expect(heard).toHaveLength(1);
    expect(heard.every(isSignedByMerchant)).toBe(true);
    expect(heard[0]?.headers).toMatchObject({ accept: "application/json", "wechatpay-serial": publicKeyId });
  });
});

test("a silent WeChat is unknown after five seconds", async () => {
  const hanging: (() => void)[] = [];
  gateway.handle((_, response) => void hanging.push(() => response.end()));
  const started = performance.now();

  expect(await refund()).toMatchObject({ kind: "unknown" });

  expect(performance.now() - started).toBeGreaterThan(4_900);
  expect(performance.now() - started).toBeLessThan(7_000);
  for (const end of hanging) end();
}, 10_000);

describe("a call", () => {
  test("is always possible, and goes to WeChat itself unless the account says where", async () => {
    const asked: string[] = [];
    const listening: typeof fetch = async (input) => {
      asked.push(new Request(input).url);
      return new Response(null, { status: 500 });
    };

    await calls.query(incoming, { ...paying, outTradeNo: "p|1*" }, { ...outside, fetch: listening });
    await calls.query(
      { ...incoming, baseUrl: "https://proxy.test/wx/" },
      { ...paying, outTradeNo: "p_1" },
      { ...outside, fetch: listening },
    );

    expect(calls.isCallable(incoming)).toBe(false);
    expect(calls.isCallable({ ...incoming, baseUrl: "https://proxy.test" })).toBe(true);
    expect(asked).toEqual([
      "https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/p%7C1*?mchid=1900000109",
      "https://proxy.test/wx/v3/pay/transactions/out-trade-no/p_1?mchid=1900000109",
    ]);
  });

  test("names no key when only certificates are held, and believes an answer that one signed", async () => {
    const keys = Object.fromEntries(Object.entries(incoming.keys).filter(([, { type }]) => type === "certificate"));
    const heard = answer(signed(paid));

    expect(await calls.query({ ...account, keys }, paying, outside)).toMatchObject({ kind: "found" });
    expect(heard[0]?.headers).not.toHaveProperty("wechatpay-serial");
  });

  test("has a nonce of its own each time", async () => {
    const heard = answer(signed(paid, byPublicKey));

    await query();
    await query();

    expect(new Set(heard.map(({ headers }) => headers.authorization)).size).toBe(2);
  });
});

describe("pay", () => {
  test.each(["", "javascript:alert(1)", "file:///etc/passwd", "http://plain.test", "/relative"])(
    "with %j for a code is unknown",
    async (code_url) => {
      answer(signed({ code_url }, byPublicKey));

      expect(await pay()).toMatchObject({ kind: "unknown" });
    },
  );

  test.each(["0", "-1", "19.905", "NaN", "1e30"])("of %s yuan is not asked", async (amount) => {
    const heard = answer(signed({ code_url: codeUrl }, byPublicKey));

    expect(await calls.pay(account, { ...paying, amount: new Decimal(amount) }, outside)).toMatchObject({
      kind: "refused",
    });
    expect(heard).toEqual([]);
  });

  test("asks for whole fen until a time of Beijing and shows the code", async () => {
    const heard = answer(signed({ code_url: codeUrl }, byPublicKey));

    expect(await pay()).toEqual({ kind: "created", action: { type: "qr", url: codeUrl } });
    expect(heard).toMatchObject([{ method: "POST", url: "/v3/pay/transactions/native" }]);
    expect(JSON.parse(heard[0]?.body ?? "")).toEqual({
      appid: "wxd678efh567hg6787",
      mchid: "1900000109",
      description: "龙井 & 二两",
      out_trade_no: outTradeNo,
      time_expire: "2026-11-23T00:29:00+08:00",
      notify_url: "https://shop.test/callbacks/wechat",
      amount: { total: 1990, currency: "CNY" },
    });
    expect(heard.every(isSignedByMerchant)).toBe(true);
  });

  test.each([
    ["19.90", 1990],
    ["8.20", 820],
    ["0.01", 1],
    ["1.15", 115],
    ["999999999999.99", 99_999_999_999_999],
  ])("says %s yuan as %i fen", async (amount, total) => {
    const heard = answer(signed({ code_url: codeUrl }, byPublicKey));

    await calls.pay(account, { ...paying, amount: new Decimal(amount) }, outside);

    expect(JSON.parse(heard[0]?.body ?? "")).toMatchObject({ amount: { total } });
  });

  test("cuts a long subject between two characters", async () => {
    const heard = answer(signed({ code_url: codeUrl }, byPublicKey));

    await calls.pay(account, { ...paying, subject: `\u0000茶\ud800${"🍵".repeat(60)}` }, outside);

    expect(JSON.parse(heard[0]?.body ?? "")).toMatchObject({ description: `茶\ufffd${"🍵".repeat(30)}` });
  });
});

describe("query", () => {
  test.each([
    ["another merchant", { mchid: "1900000110" }],
    ["another app", { appid: "wx0" }],
    ["no merchant", { mchid: undefined }],
    ["a partner's merchant", { sub_mchid: "1900000109" }],
    ["a combined order", { sub_orders: [] }],
    ["another payment", { out_trade_no: "p_20261122_2" }],
    ["a success without a transaction", { transaction_id: undefined }],
    ["a success without an amount", { amount: undefined }],
    ["an amount with a fraction", { amount: { total: 19.9, currency: "CNY" } }],
    ["an amount as text", { amount: { total: "1990", currency: "CNY" } }],
    ["a time that is none", { success_time: "2026-02-30T00:00:00+08:00" }],
  ])("of %s is unknown", async (_, change) => {
    answer(signed({ ...paid, ...change }, byPublicKey));

    expect(await query()).toMatchObject({ kind: "unknown" });
  });

  test.each(["ORDER_NOT_EXIST", "ORDERNOTEXIST"])("that is refused with a signed %s is not found", async (code) => {
    refuse(404, code);

    expect(await query()).toEqual({ kind: "not_found" });
  });

  test.each([
    ["SUCCESS", "succeeded"],
    ["NOTPAY", "processing"],
    ["USERPAYING", "processing"],
    ["ACCEPT", "processing"],
    ["CLOSED", "cancelled"],
    ["REVOKED", "cancelled"],
    ["PAYERROR", "failed"],
    ["REFUND", "unknown"],
    ["A_NEW_WORD", "unknown"],
  ])("that says %s is a notice of %s", async (trade_state, status) => {
    answer(signed({ ...paid, trade_state }, byPublicKey));

    expect(await query()).toMatchObject({
      kind: "found",
      notice: { outTradeNo, amountMinor: 1990, currency: "CNY", status, rawStatus: trade_state },
    });
  });

  test("of what nobody paid needs no transaction, no time and no amount", async () => {
    const bare = { appid: paid["appid"], mchid: paid["mchid"], out_trade_no: outTradeNo, trade_state: "NOTPAY" };
    answer(signed({ ...bare, transaction_id: "", success_time: "", payer: null }, byPublicKey));

    expect(await query()).toMatchObject({ kind: "found", notice: { status: "processing", amountMinor: 0 } });
  });

  test("says the same event as the notice of the same fact", async () => {
    answer(signed(paid, byPublicKey));

    expect(await query()).toEqual({ kind: "found", notice: readingOf(notice(paid)) });
  });
});

describe("close", () => {
  test.each([
    [404, "ORDER_NOT_EXIST", "not_found"],
    [400, "ORDERPAID", "paid"],
    [400, "ORDER_PAID", "paid"],
    [400, "ORDER_CLOSED", "closed"],
  ])("that is refused with a signed %i %s is %s", async (status, code, kind) => {
    refuse(status, code);

    expect(await close()).toEqual({ kind });
  });

  test("that is done answers nothing, signed", async () => {
    const heard = answer(signed("", byPublicKey), 204);

    expect(await close()).toEqual({ kind: "closed" });
    expect(heard).toMatchObject([
      { method: "POST", url: `/v3/pay/transactions/out-trade-no/${outTradeNo}/close`, body: '{"mchid":"1900000109"}' },
    ]);
    expect(heard.every(isSignedByMerchant)).toBe(true);
  });

  test.each([
    ["without a signature", signed("", { ...byPublicKey, headers: { "wechatpay-signature": "" } })],
    ["signed by another", signed("", { ...byPublicKey, keys: rsaKeys() })],
    ["of ten minutes ago", signed("", { ...byPublicKey, at: String(Number(timestamp) - 600) })],
    ["signed over other words", { ...signed("{}", byPublicKey), body: Buffer.alloc(0) }],
  ])("that answers nothing %s is unknown", async (_, response) => {
    answer(response, 204);

    expect(await close()).toMatchObject({ kind: "unknown" });
  });
});

describe("refund", () => {
  test.each([
    ["another refund", { out_refund_no: "r_2" }],
    ["another payment", { transaction_id: "42" }],
    ["another amount", { amount: { total: 1990, refund: 501 } }],
    ["a payment of another amount", { amount: { total: 1991, refund: 500 } }],
    ["an undocumented status", { status: "CHANGE" }],
    ["no refund id", { refund_id: undefined }],
  ])("whose answer is about %s is unknown", async (_, change) => {
    answer(signed({ ...refundFacts, ...change }, byPublicKey));

    expect(await refund()).toMatchObject({ kind: "unknown" });
  });

  test.each([
    [400, "PARAM_ERROR"],
    [403, "NO_AUTH"],
    [403, "NOT_ENOUGH"],
    [403, "USER_ACCOUNT_ABNORMAL"],
    [404, "MCH_NOT_EXISTS"],
    [404, "RESOURCE_NOT_EXISTS"],
  ])("that WeChat refuses, signed, with %i %s is refused", async (status, code) => {
    refuse(status, code);

    expect(await refund()).toEqual({ kind: "refused", why: `WeChat answered ${status} ${code} 不行` });
  });

  test("is asked for with the number that was given and whole fen", async () => {
    const heard = answer(signed(refundFacts, byPublicKey));

    await refund();

    expect(heard).toMatchObject([{ method: "POST", url: "/v3/refund/domestic/refunds" }]);
    expect(JSON.parse(heard[0]?.body ?? "")).toEqual({
      transaction_id: "4200001234202611221234567890",
      out_refund_no: outRefundNo,
      reason: "退货",
      notify_url: "https://shop.test/callbacks/wechat",
      amount: { refund: 500, total: 1990, currency: "CNY" },
    });
    expect(heard.every(isSignedByMerchant)).toBe(true);
  });

  test.each([
    ["SUCCESS", "refund_succeeded"],
    ["PROCESSING", "refund_processing"],
    ["ABNORMAL", "refund_abnormal"],
    ["CLOSED", "refund_closed"],
  ])("that is %s is accepted, and found, as %s", async (status, means) => {
    answer(signed({ ...refundFacts, status }, byPublicKey));

    const said = { status: means, refundId: "50200207182018070300011301001" };
    expect(await refund()).toEqual({ kind: "accepted", ...said });
    expect(await refundQuery()).toEqual({ kind: "found", ...said });
  });

  test("that WeChat does not know is not found", async () => {
    refuse(404, "RESOURCE_NOT_EXISTS");

    expect(await refundQuery()).toEqual({ kind: "not_found" });
  });

  test("of another number is no answer to a query", async () => {
    answer(signed({ ...refundFacts, out_refund_no: "r_2" }, byPublicKey));

    expect(await refundQuery()).toMatchObject({ kind: "unknown" });
  });
});

describe("statement", () => {
  test.each(["20261121", "2026-11-21&x=1", ""])("of %j is not asked for", async (date) => {
    const heard = serveBill(bill(), gzipSync(file));

    expect(await calls.statement(account, date, outside)).toMatchObject({ kind: "unknown" });
    expect(heard).toEqual([]);
  });

  test.each(["NO_STATEMENT_EXIST", "STATEMENT_CREATING"])("is not ready while WeChat says %s", async (code) => {
    refuse(400, code);

    expect(await statement()).toMatchObject({ kind: "not_ready", why: expect.stringContaining(code) });
  });

  test.each([
    ["at a plain address that is not the account's", { download_url: "http://elsewhere.test/file" }],
    ["at no web address", { download_url: "file:///etc/passwd" }],
    ["with another digest", { hash_type: "MD5" }],
    ["without a digest", { hash_value: "" }],
  ])("named %s is unknown, and nothing is fetched", async (_, change) => {
    serveBill({ ...bill(), ...change }, gzipSync(file));
    const fetched: string[] = [];
    const counting: typeof fetch = (input, init) => {
      fetched.push(new Request(input).url);
      return fetch(input, init);
    };

    const answered = await calls.statement(account, "2026-11-21", { ...outside, fetch: counting });

    expect(answered).toMatchObject({ kind: "unknown" });
    expect(fetched).toHaveLength(1);
  });

  test("that was promised and cannot be fetched is unknown, not absent", async () => {
    serveBill(bill(), gzipSync(file), 403);

    expect(await statement()).toMatchObject({ kind: "unknown" });
  });

  test("is the unpacked file of two signed calls", async () => {
    const heard = serveBill({ ...bill(), hash_value: sha1.toUpperCase() }, gzipSync(file));

    const answered = await statement();

    if (answered.kind !== "downloaded") throw new Error("no file");
    expect((await buffer(answered.file)).equals(file)).toBe(true);
    expect(heard.map(({ url }) => url)).toEqual([
      "/v3/bill/tradebill?bill_date=2026-11-21&bill_type=ALL&tar_type=GZIP",
      "/v3/billdownload/file?token=a",
    ]);
    expect(heard.every(isSignedByMerchant)).toBe(true);
  });

  test.each([
    ["of which one byte differs", () => gzipSync(Buffer.concat([file.subarray(0, -1), Buffer.from("x")])), /named/],
    ["that ends early", () => gzipSync(file).subarray(0, 100), /unexpected end/],
    ["that is empty", () => new Uint8Array(), /unexpected end|named/],
    ["that is not packed", () => file, /incorrect header/],
  ])("%s ends in an error, never in an end", async (_, served, message) => {
    serveBill(bill(), served());

    const answered = await statement();

    if (answered.kind !== "downloaded") throw new Error("no file");
    await expect(buffer(answered.file)).rejects.toThrow(message);
  });

  test("of a hundred megabytes is unpacked as it comes, and left off when nobody reads on", async () => {
    const packed = gzipSync(Buffer.alloc(100 * 1024 * 1024));
    serveBill(bill(), packed);

    const answered = await statement();
    if (answered.kind !== "downloaded") throw new Error("no file");
    let largest = 0;
    let read = 0;
    for await (const chunk of answered.file) {
      largest = Math.max(largest, chunk.byteLength);
      read += chunk.byteLength;
      if (read > 10_000_000) break;
    }

    expect(largest).toBeLessThan(1_000_000);
    expect(read).toBeLessThan(11_000_000);
  });
});

test("a connection that breaks in the middle of an answer is unknown", async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("{");
    setTimeout(() => response.destroy(), 20);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");

  const broken = { ...account, baseUrl: `http://127.0.0.1:${address.port}` };
  expect(await calls.query(broken, paying, outside)).toMatchObject({ kind: "unknown" });

  server.close();
});
