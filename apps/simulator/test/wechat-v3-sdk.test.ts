import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Aes, Formatter } from "wechatpay-axios-plugin";
import { z } from "zod";

import { until } from "./harness.ts";
import { type WechatPair, type WechatWorld, makePair, newNumber, sdkOf, startWechat } from "./wechat-v3-world.ts";

let pair: WechatPair;
let world: WechatWorld;
beforeAll(async () => {
  pair = await makePair();
  world = await startWechat(pair);
});
afterAll(() => world.stop());

const serialOf = (type: "certificate" | "publicKey"): string =>
  pair.keys.platformKeys.find((key) => key.type === type)?.serial ?? "";

function order(outTradeNo: string) {
  return {
    appid: world.account.appid,
    mchid: world.account.mchid,
    description: "龙井茶, 特级",
    out_trade_no: outTradeNo,
    time_expire: new Date(Date.now() + 60_000).toISOString().replace(/\.\d+Z$/, "+00:00"),
    attach: "a, b",
    notify_url: world.receiver.url,
    amount: { total: 3_980, currency: "CNY" },
  };
}

const texts = z.record(z.string(), z.string());
const bill = z.object({ rows: z.array(texts), summary: texts });
const refusal = z.object({ response: z.object({ status: z.number(), data: z.unknown() }) });

function refundIdOf(answer: unknown): string {
  return z.object({ data: z.object({ refund_id: z.string() }) }).parse(answer).data.refund_id;
}

/** The status and the words of a refusal, which the client throws. */
async function refused(call: Promise<unknown>): Promise<{ readonly status: number; readonly data: unknown }> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return refusal.parse(error).response;
}

describe.each(["publicKey", "certificate"] as const)("another client that holds only the %s", (type) => {
  const sdk = () => sdkOf(world, [serialOf(type)]);
  const asking = () => ({ headers: { "Wechatpay-Serial": serialOf(type) } });
  const byMerchant = () => ({ ...asking(), params: { mchid: world.account.mchid } });

  test("opens, queries, refunds and closes, and verifies every answer", async () => {
    const outTradeNo = newNumber();
    const closed = newNumber();
    const trades = () => sdk().chain("v3/pay/transactions");
    const refunds = () => sdk().chain("v3/refund/domestic/refunds");

    const opened = await trades().chain("native").post(order(outTradeNo), asking());
    await trades().chain("native").post(order(closed), asking());
    const unpaid = await trades().chain(`out-trade-no/${outTradeNo}`).get(byMerchant());
    await world.play(outTradeNo, { do: "pay" });
    const paid = await trades().chain(`out-trade-no/${outTradeNo}`).get(byMerchant());
    const byId = await trades().chain(`id/${paid.data.transaction_id}`).get(byMerchant());
    const closing = await trades().chain(`out-trade-no/${closed}/close`).post({ mchid: world.account.mchid }, asking());
    const asked = {
      out_trade_no: outTradeNo,
      out_refund_no: `R${outTradeNo}`,
      amount: { refund: 1_000, total: 3_980, currency: "CNY" },
    };
    const refund = await refunds().post(asked, asking());
    const found = () => refunds().chain(asked.out_refund_no).get(asking());
    await until(async () => (await found()).data.status === "SUCCESS");

    expect(opened.headers["wechatpay-serial"]).toBe(serialOf(type));
    expect(opened.headers["wechatpay-signature-type"]).toBe("WECHATPAY2-SHA256-RSA2048");
    expect(opened.headers["request-id"]).not.toBe("");
    expect(opened.data).toEqual({ code_url: expect.stringMatching(/^weixin:/) });
    expect(unpaid.data).toMatchObject({
      trade_state: "NOTPAY",
      trade_state_desc: "订单未支付",
      amount: { total: 3_980 },
    });
    expect(unpaid.data.transaction_id).toBeUndefined();
    expect(paid.data).toMatchObject({
      mchid: world.account.mchid,
      appid: world.account.appid,
      trade_type: "NATIVE",
      trade_state: "SUCCESS",
      attach: "a, b",
      transaction_id: expect.stringMatching(/^4200\d{24}$/),
      success_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/),
      amount: { total: 3_980, payer_total: 3_980, currency: "CNY", payer_currency: "CNY" },
    });
    expect(byId.data).toEqual(paid.data);
    expect(closing).toMatchObject({ status: 204, data: "" });
    expect(refund.data).toMatchObject({ status: "PROCESSING", amount: { refund: 1_000, total: 3_980 } });
    expect((await found()).data).toMatchObject({ status: "SUCCESS", refund_id: refundIdOf(refund) });
  });
});

test("an order that was charged twice is found and given back by either of WeChat's numbers", async () => {
  const outTradeNo = newNumber();
  const asking = { headers: { "Wechatpay-Serial": serialOf("publicKey") } };
  const sdk = sdkOf(world, [serialOf("publicKey")]);
  await sdk.chain("v3/pay/transactions/native").post(order(outTradeNo), asking);
  await world.play(outTradeNo, { do: "pay" });
  await world.play(outTradeNo, { do: "pay", amount: "12.00", transactionId: "another" });
  const second = z
    .object({ payment: z.object({ paidAgain: z.array(z.object({ transactionId: z.string() })) }) })
    .parse(await (await fetch(`${world.simulator.url}/control/wechat/payments/${outTradeNo}`)).json());
  const transaction_id = second.payment.paidAgain[0]?.transactionId ?? "";

  const found = await sdk
    .chain(`v3/pay/transactions/id/${transaction_id}`)
    .get({ ...asking, params: { mchid: world.account.mchid } });
  const amount = { refund: 1_200, total: 1_200, currency: "CNY" };
  const asked = { transaction_id, out_trade_no: outTradeNo, out_refund_no: `R${outTradeNo}`, amount };
  const refund = await sdk.chain("v3/refund/domestic/refunds").post(asked, asking);
  const known = await sdk.chain(`v3/refund/domestic/refunds/${asked.out_refund_no}`).get(asking);

  expect(found.data).toMatchObject({ transaction_id, out_trade_no: outTradeNo, amount: { total: 1_200 } });
  expect(refund.data).toMatchObject({ transaction_id, amount: { refund: 1_200, total: 1_200 } });
  expect(known.data).toMatchObject({ transaction_id, amount: { refund: 1_200, total: 1_200 } });
});

test("who names no key is answered by the certificate", async () => {
  const answer = await sdkOf(world, [serialOf("certificate")])
    .chain("v3/pay/transactions/native")
    .post(order(newNumber()));

  expect(answer.headers["wechatpay-serial"]).toBe(serialOf("certificate"));
});

test("who names a key that does not exist is refused, and can still verify that", async () => {
  const asking = { headers: { "Wechatpay-Serial": "PUB_KEY_ID_0" }, validateStatus: () => true };

  const answer = await sdkOf(world).chain("v3/pay/transactions/native").post(order(newNumber()), asking);

  expect(answer.status).toBe(400);
  expect(answer.data).toMatchObject({ code: "PARAM_ERROR", message: expect.stringContaining("Wechatpay-Serial") });
});

test("H5 leads to the cashier; JSAPI and APP are handed a prepay_id", async () => {
  const trades = sdkOf(world).chain("v3/pay/transactions");
  const [h5No, jsapiNo] = [newNumber(), newNumber()];
  const scene = { payer_client_ip: "127.0.0.1", h5_info: { type: "Wap" } };

  const h5 = await trades.chain("h5").post({ ...order(h5No), scene_info: scene });
  const jsapi = await trades.chain("jsapi").post({ ...order(jsapiNo), payer: { openid: "oBuyer" } });
  const app = await trades.chain("app").post(order(newNumber()));
  await world.play(jsapiNo, { do: "pay" });
  const paid = await trades.chain(`out-trade-no/${jsapiNo}`).get({ params: { mchid: world.account.mchid } });

  const cashier = `${world.simulator.url}/cashier/wechat/${h5No}`;
  expect(h5.data).toEqual({ h5_url: cashier });
  expect((await fetch(cashier)).status).toBe(200);
  expect(jsapi.data).toEqual({ prepay_id: expect.stringMatching(/^wx\d{14}[0-9a-f]{20}$/) });
  expect(app.data).toEqual({ prepay_id: expect.stringMatching(/^wx/) });
  expect(paid.data).toMatchObject({ trade_type: "JSAPI", payer: { openid: "oBuyer" } });
  expect(await refused(trades.chain("jsapi").post(order(newNumber())))).toMatchObject({
    status: 400,
    data: { code: "PARAM_ERROR", detail: { field: "/payer", location: "body" } },
  });
});

test.each([
  ["an amount in yuan text", { amount: { total: "39.80", currency: "CNY" } }, 400, "PARAM_ERROR"],
  ["an amount of nothing", { amount: { total: 0, currency: "CNY" } }, 400, "PARAM_ERROR"],
  ["a number that is too long", { out_trade_no: "P".repeat(33) }, 400, "PARAM_ERROR"],
  ["a deadline in the past", { time_expire: "2026-01-01T00:00:00+08:00" }, 400, "PARAM_ERROR"],
  ["an address with a query", { notify_url: "http://127.0.0.1/callbacks?a=1" }, 400, "PARAM_ERROR"],
  ["another merchant", { mchid: "1900000110" }, 400, "PARAM_ERROR"],
  ["another app", { appid: "wx0000000000000000" }, 400, "APPID_MCHID_NOT_MATCH"],
])("an order with %s is refused", async (_, overrides, status, code) => {
  const call = sdkOf(world)
    .chain("v3/pay/transactions/native")
    .post({ ...order(newNumber()), ...overrides });

  expect(await refused(call)).toMatchObject({ status, data: { code } });
});

test("an unpaid order is not found by WeChat's number", async () => {
  const outTradeNo = newNumber();
  await sdkOf(world).chain("v3/pay/transactions/native").post(order(outTradeNo));
  const control = await fetch(`${world.simulator.url}/control/wechat/payments/${outTradeNo}`);
  const { payment } = z.object({ payment: z.object({ transactionId: z.string() }) }).parse(await control.json());

  const call = sdkOf(world)
    .chain(`v3/pay/transactions/id/${payment.transactionId}`)
    .get({ params: { mchid: world.account.mchid } });

  expect(await refused(call)).toMatchObject({ status: 404, data: { code: "ORDER_NOT_EXIST" } });
});

test("the platform's certificates open with the APIv3 key", async () => {
  const { data } = await sdkOf(world).chain("v3/certificates").get();
  const [first] = data.data;
  const { nonce, ciphertext, associated_data: aad } = first.encrypt_certificate;

  const pem = Aes.AesGcm.decrypt(ciphertext, world.account.apiV3Key, nonce, aad);

  expect(data.data).toHaveLength(1);
  expect(first.serial_no).toBe(serialOf("certificate"));
  expect(pem).toBe(world.account.keys[first.serial_no]?.pem);
  expect(aad).toBe("certificate");
});

test("an abnormal refund is sent on its way once more and keeps its numbers", async () => {
  const outTradeNo = newNumber();
  const refunds = sdkOf(world).chain("v3/refund/domestic/refunds");
  const asked = {
    out_trade_no: outTradeNo,
    out_refund_no: `R${outTradeNo}`,
    amount: { refund: 3_980, total: 3_980, currency: "CNY" },
  };
  const status = async () => (await refunds.chain(asked.out_refund_no).get()).data.status;
  await sdkOf(world).chain("v3/pay/transactions/native").post(order(outTradeNo));
  await world.play(outTradeNo, { do: "pay" });
  await world.endRefunds(outTradeNo, "ABNORMAL");
  const refundId = refundIdOf(await refunds.post(asked));
  await until(async () => (await status()) === "ABNORMAL");
  await world.endRefunds(outTradeNo, "SUCCESS");
  const apply = { out_refund_no: asked.out_refund_no, type: "MERCHANT_BANK_CARD" };
  const path = `${refundId}/apply-abnormal-refund`;

  const applied = await refunds.chain(path).post(apply);
  await until(async () => (await status()) === "SUCCESS");

  expect(applied.data).toMatchObject({ status: "PROCESSING", refund_id: refundId });
  expect(await refused(refunds.chain(path).post(apply))).toMatchObject({
    status: 400,
    data: { code: "INVALID_REQUEST" },
  });
});

test("a bill is fetched from the address that was told, and read by its columns", async () => {
  const outTradeNo = newNumber();
  await sdkOf(world).chain("v3/pay/transactions/native").post(order(outTradeNo));
  await world.play(outTradeNo, { do: "pay" });
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai", dateStyle: "short" }).format(new Date());
  const params = { bill_date: today, tar_type: "GZIP" };

  const { data } = await sdkOf(world).chain("v3/bill/tradebill").get({ params });
  const { pathname, search } = new URL(data.download_url);
  const path = `${pathname.replace("/gateways/wechat/", "")}${search}`;
  const file = await sdkOf(world).chain(path).get({ responseType: "arraybuffer", transformResponse: [] });
  const text = gunzipSync(file.data);

  const { rows, summary } = bill.parse(Formatter.castCsvBill(text));
  expect(createHash("sha1").update(text).digest("hex")).toBe(data.hash_value);
  expect(rows).toContainEqual(
    expect.objectContaining({
      商户订单号: outTradeNo,
      商品名称: "龙井茶, 特级",
      商户数据包: "a, b",
      订单金额: "39.80",
    }),
  );
  expect(summary).toMatchObject({ 总交易单数: String(rows.length) });
});
