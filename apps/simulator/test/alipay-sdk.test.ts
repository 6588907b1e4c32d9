import { AlipaySdk } from "alipay-sdk";
import { afterAll, beforeAll, expect, test } from "vitest";

import { type AlipayWorld, newNumber, startAlipay } from "./alipay-world.ts";
import { until } from "./harness.ts";

let world: AlipayWorld;
let sdk: AlipaySdk;
beforeAll(async () => {
  world = await startAlipay();
  sdk = new AlipaySdk({
    appId: world.account.app_id,
    privateKey: world.account.appPrivateKey,
    keyType: "PKCS8",
    alipayPublicKey: world.account.alipayPublicKey,
    gateway: `${world.url}/gateways/alipay/gateway.do`,
  });
});
afterAll(() => world.stop());

/** With the SDK's own check of the answer's signature. */
const exec = (method: string, bizContent: object) =>
  sdk.exec(method, { notify_url: world.receiver.url, bizContent }, { validateSign: true });

const trade = () => ({ out_trade_no: newNumber(), total_amount: "39.80", subject: "龙井茶 × 2" });

test("the official SDK takes a trade from its code to its last refund, and every notice", async () => {
  const asked = trade();
  const { out_trade_no } = asked;
  const first = world.receiver.received.length;

  const code = await exec("alipay.trade.precreate", asked);
  const unscanned = await exec("alipay.trade.query", { out_trade_no });
  await fetch(String(code["qrCode"]));
  const waiting = await exec("alipay.trade.query", { out_trade_no });
  await world.play(out_trade_no, { do: "pay" });
  const paid = await exec("alipay.trade.query", { trade_no: waiting["tradeNo"] });
  const refund = { out_trade_no, refund_amount: 5, out_request_no: newNumber() };
  const refunded = await exec("alipay.trade.refund", refund);
  const repeated = await exec("alipay.trade.refund", refund);
  const asking = { out_trade_no, out_request_no: refund.out_request_no };
  const known = await exec("alipay.trade.fastpay.refund.query", asking);
  const rest = await exec("alipay.trade.refund", { out_trade_no, refund_amount: "34.80", out_request_no: newNumber() });

  expect(code).toMatchObject({ code: "10000", outTradeNo: out_trade_no });
  expect(unscanned).toMatchObject({ code: "40004", subCode: "ACQ.TRADE_NOT_EXIST" });
  expect(waiting).toMatchObject({ code: "10000", tradeStatus: "WAIT_BUYER_PAY" });
  expect(paid).toMatchObject({ code: "10000", tradeStatus: "TRADE_SUCCESS", totalAmount: "39.80" });
  expect(refunded).toMatchObject({ code: "10000", fundChange: "Y", refundFee: "5.00" });
  expect(repeated).toMatchObject({ code: "10000", fundChange: "N", refundFee: "5.00" });
  expect(known).toMatchObject({ code: "10000", refundStatus: "REFUND_SUCCESS", refundAmount: "5.00" });
  expect(rest).toMatchObject({ code: "10000", fundChange: "Y", refundFee: "39.80" });

  await until(() => world.receiver.received.length === first + 3);
  const notices = [0, 1, 2].map((index) => world.fieldsOf(first + index));
  expect(notices.map((fields) => sdk.checkNotifySignV2({ ...fields }))).toEqual([true, true, true]);
  expect(sdk.checkNotifySignV2({ ...notices[0], total_amount: "0.01" })).toBe(false);
});

test("a trade that took money again is found and given back by its second number", async () => {
  const asked = trade();
  const { out_trade_no } = asked;
  await exec("alipay.trade.precreate", asked);
  await world.play(out_trade_no, { do: "pay" });
  const first = world.receiver.received.length;
  await world.play(out_trade_no, { do: "pay", amount: "12.00", transactionId: "another" });
  const trade_no = world.fieldsOf(first)["trade_no"];

  const found = await exec("alipay.trade.query", { trade_no });
  const whole = await exec("alipay.trade.refund", { trade_no, refund_amount: "12.00" });
  const known = await exec("alipay.trade.fastpay.refund.query", { out_trade_no, out_request_no: trade_no });
  const wholeOfFirst = await exec("alipay.trade.refund", { out_trade_no, refund_amount: "39.80" });
  await until(() => world.receiver.received.length === first + 3);

  expect(found).toMatchObject({ tradeStatus: "TRADE_SUCCESS", outTradeNo: out_trade_no, totalAmount: "12.00" });
  expect(whole).toMatchObject({ code: "10000", fundChange: "Y", refundFee: "12.00", tradeNo: trade_no });
  expect(known).toMatchObject({ refundStatus: "REFUND_SUCCESS", totalAmount: "12.00", tradeNo: trade_no });
  expect(wholeOfFirst).toMatchObject({ code: "10000", fundChange: "Y", refundFee: "39.80" });
  expect(world.fieldsOf(first + 1)).toMatchObject({ trade_no, trade_status: "TRADE_CLOSED", refund_fee: "12.00" });
});

test("the official SDK closes a trade that waits", async () => {
  const asked = trade();
  await exec("alipay.trade.precreate", asked);
  await world.visit(asked.out_trade_no);

  const closed = await exec("alipay.trade.close", { out_trade_no: asked.out_trade_no });
  const again = await exec("alipay.trade.close", { out_trade_no: asked.out_trade_no });

  expect(closed).toMatchObject({ code: "10000", outTradeNo: asked.out_trade_no });
  expect(again).toMatchObject({ code: "40004", subCode: "ACQ.TRADE_STATUS_ERROR" });
});

test("the official SDK's page by GET and by form leads the browser to the cashier", async () => {
  const [byGet, byForm] = [trade(), trade()];
  const words = (asked: object) => ({
    notify_url: world.receiver.url,
    return_url: "https://shop.test/thanks",
    bizContent: { ...asked, product_code: "FAST_INSTANT_TRADE_PAY" },
  });

  const address = sdk.pageExecute("alipay.trade.page.pay", "GET", words(byGet));
  const form = sdk.pageExecute("alipay.trade.wap.pay", "POST", words(byForm));
  const action = /action="([^"]*)"/.exec(form)?.[1] ?? "";
  const fields = new URLSearchParams();
  for (const [, name = "", value = ""] of form.matchAll(/name="([^"]*)" value="([^"]*)"/g)) {
    fields.set(name, value.replaceAll("&quot;", '"'));
  }
  const got = await fetch(address, { redirect: "manual" });
  const posted = await fetch(action, { method: "POST", body: fields, redirect: "manual" });

  expect(got.headers.get("location")).toBe(`${world.url}/cashier/alipay/${byGet.out_trade_no}`);
  expect(posted.headers.get("location")).toBe(`${world.url}/cashier/alipay/${byForm.out_trade_no}`);
});
