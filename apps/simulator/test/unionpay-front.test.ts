import { Decimal } from "@zhanggui/domain";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import {
  type Fields,
  type UnionpayPair,
  type UnionpayWorld,
  beijing,
  makePair,
  newNumber,
  post,
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

const minute = 60_000;

async function formWith(change: Fields): Promise<{ readonly url: string; readonly fields: Fields }> {
  const { url, fields } = await world.formOf(world.paying(newNumber()));
  return { url, fields: signedByMerchant(pair, { ...fields, ...change }) };
}

describe("a form that is refused opens nothing and shows the buyer a page", () => {
  test.each<[string, Fields, string, string]>([
    ["of a merchant that is not known", { merId: "777290058110999" }, "31", "This merchant is not known here."],
    ["of another version", { version: "5.0.0" }, "10", "The message has a wrong form."],
    ["in another charset", { encoding: "GBK" }, "10", "The message has a wrong form."],
    ["that names another certificate", { certId: "1" }, "11", "signature is wrong."],
    ["over another currency", { currencyCode: "840" }, "10", "currencyCode"],
    ["of no amount", { txnAmt: "0" }, "10", "txnAmt"],
    ["without an address to tell", { backUrl: "" }, "10", "backUrl"],
    ["sent two hours ago", { txnTime: beijing(new Date(Date.now() - 120 * minute)) }, "39", "deadline has passed"],
    ["sent two hours from now", { txnTime: beijing(new Date(Date.now() + 120 * minute)) }, "39", "deadline has passed"],
    ["after its deadline", { payTimeout: beijing(new Date(Date.now() - minute)) }, "39", "deadline has passed"],
    ["at a time that does not exist", { txnTime: "20260230120000" }, "10", "txnTime"],
  ])("%s", async (_, change, code, text) => {
    const { url, fields } = await formWith(change);

    const response = await post(url, fields, { "accept-language": "en" });
    const page = await response.text();

    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(page).toContain("This order cannot be paid");
    expect(page).toContain(`<dd class="number">${code}</dd>`);
    expect(page).toContain(text);
    expect((await world.play(fields["orderId"] ?? "", { do: "pay" })).status).toBe(404);
  });

  test("that a stranger has changed, in Chinese for those who read it", async () => {
    const { url, fields } = await world.formOf(world.paying(newNumber()));

    const response = await post(url, { ...fields, txnAmt: "1" }, { "accept-language": "zh-CN,zh;q=0.9" });
    const page = await response.text();

    expect(response.status).toBe(400);
    expect(page).toContain("订单无法支付");
    expect(page).toContain("验证签名失败");
    expect(page).toContain(fields["orderId"]);
  });

  test("that has one field twice", async () => {
    const { url, fields } = await formWith({});

    const body = `${new URLSearchParams(fields).toString()}&txnAmt=1`;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual" });

    expect(response.status).toBe(400);
  });

  test("whose words are markup, without becoming it", async () => {
    const { url, fields } = await formWith({ orderId: "<script>alert(1)</script>" });

    const page = await (await post(url, fields)).text();

    expect(page).not.toContain("<script>alert");
    expect(page).toContain("&lt;script&gt;alert");
  });

  test("that was never posted, as its page is in the other language", async () => {
    const response = await fetch(`${world.account.baseUrl}/gateway/api/frontTransReq.do?lang=zh`);

    expect(response.status).toBe(400);
    expect(await response.text()).toContain("订单无法支付");
  });
});

test("a number is of one order: another time or amount under it is refused, and so is a refund's", async () => {
  const call = world.paying(newNumber());
  const { url, fields } = await world.formOf(call);
  await post(url, fields);
  const answers = await Promise.all(
    [{ startedAt: new Date(Date.now() - minute) }, { amount: new Decimal("39.81") }].map(async (change) => {
      const other = await world.formOf({ ...call, ...change });
      return (await post(other.url, other.fields, { "accept-language": "en" })).text();
    }),
  );

  expect(answers[0]).toContain("There is another order of this number.");
  expect(answers[1]).toContain("There is another order of this number.");
});

test("the form leads to the cashier, with the way back into the shop, and again when it is posted again", async () => {
  const { url, fields } = await world.formOf(world.paying(newNumber()));
  const cashier = `/cashier/unionpay/${fields["orderId"]}`;

  const first = await post(url, fields);
  const again = await post(`${url}?return=%2Fshop%2Forders%2F1`, fields);

  expect(first.status).toBe(303);
  expect(first.headers.get("location")).toBe(`${world.simulator.url}${cashier}`);
  expect(again.status).toBe(303);
  expect(again.headers.get("location")).toBe(`${cashier}?return=%2Fshop%2Forders%2F1`);
});

test("the cashier is UnionPay's, shows what is bought, and leads the buyer back to frontUrl once it is paid", async () => {
  const outTradeNo = await world.open();
  const page = async () => (await fetch(`${world.simulator.url}/cashier/unionpay/${outTradeNo}`)).text();

  const unpaid = await page();
  await world.play(outTradeNo, { do: "pay" });
  const paid = await page();

  expect(unpaid).toContain("look-unionpay");
  expect(unpaid).toContain("龙井茶 × 2, 特级");
  expect(unpaid).not.toContain("shop.example");
  expect(paid).toContain('href="http://shop.example/thanks?order=1"');
});

test("an order without a payTimeout can be paid for a day", async () => {
  const orderId = newNumber();
  const { url, fields } = await world.formOf(world.paying(orderId));
  const { payTimeout: _, signature: __, ...rest } = fields;

  const response = await post(url, signedByMerchant(pair, rest));
  const known: unknown = await (await fetch(`${world.simulator.url}/control/unionpay/payments/${orderId}`)).json();

  expect(response.status).toBe(303);
  expect(known).toMatchObject({ payment: { status: "NOTPAY", extra: { txnTime: fields["txnTime"] } } });
});
