import { createSign, createVerify, generateKeyPairSync } from "node:crypto";

import iconv from "iconv-lite";
import { afterAll, beforeAll, expect, test } from "vitest";

import { beijingText } from "../src/vendors/alipay/beijing.ts";
import { type AlipayWorld, newNumber, startAlipay } from "./alipay-world.ts";

let world: AlipayWorld;
beforeAll(async () => {
  world = await startAlipay();
});
afterAll(() => world.stop());

type Fields = Readonly<Record<string, string>>;
const encodeOf = (charset: string) => (text: string) => iconv.encode(text, charset);

/** A request as a merchant writes it, independently of the code under test. */
function formOf(method: string, bizContent: object, change: Fields = {}, key = world.account.appPrivateKey) {
  const charset = change["charset"] ?? "utf-8";
  const encode = encodeOf(charset);
  const fields: Fields = {
    app_id: world.account.app_id,
    method,
    charset,
    sign_type: "RSA2",
    timestamp: beijingText(new Date()),
    version: "1.0",
    biz_content: JSON.stringify(bizContent),
    ...change,
  };
  const names = Object.keys(fields).toSorted();
  const text = names.map((name) => `${name}=${fields[name] ?? ""}`).join("&");
  const sign = createSign("RSA-SHA256").update(encode(text)).sign(key, "base64");
  return Object.entries({ ...fields, sign })
    .map(
      ([name, value]) =>
        `${name}=${[...encode(value)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")}`,
    )
    .join("&");
}

async function ask(body: string, path = "") {
  const response = await fetch(`${world.account.baseUrl ?? ""}${path}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body,
    redirect: "manual",
  });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}

const trade = () => ({ out_trade_no: newNumber(), total_amount: "1.00", subject: "茶" });

test("everything in the form, at the address with gateway.do, or in the query is one call", async () => {
  const form = formOf("alipay.trade.query", { out_trade_no: "none" });

  const answers = [
    await ask(form),
    await ask(form, "/gateway.do"),
    await ask("", `?${form}`),
    await ask("", `/gateway.do?${form}`),
  ];

  for (const { response, bytes } of answers) {
    expect(response.status).toBe(200);
    expect(JSON.parse(bytes.toString())).toMatchObject({
      alipay_trade_query_response: { code: "40004", msg: "Business Failed", sub_code: "ACQ.TRADE_NOT_EXIST" },
    });
  }
});

test("a wrong signature is told under the method's name, signed by Alipay", async () => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });

  const { response, bytes } = await ask(formOf("alipay.trade.query", { out_trade_no: "1" }, {}, privateKey));

  const text = bytes.toString();
  const value = text.slice(text.indexOf(":") + 1, text.lastIndexOf(',"sign"'));
  const { sign } = JSON.parse(text);
  expect(response.status).toBe(200);
  expect(JSON.parse(value)).toMatchObject({ code: "40002", sub_code: "isv.invalid-signature" });
  const isSigned = createVerify("RSA-SHA256")
    .update(value)
    .verify(world.account.alipayPublicKey, String(sign), "base64");
  expect(isSigned).toBe(true);
});

test.each([
  ["another app", { app_id: "2021000000000000" }, "isv.invalid-app-id"],
  ["an unknown charset", { charset: "latin1" }, "isv.invalid-charset"],
])("a call of %s is told so without a signature", async (_, change, code) => {
  const { bytes } = await ask(formOf("alipay.trade.query", { out_trade_no: "1" }, { ...change }));

  const answer = JSON.parse(bytes.toString());
  expect(answer).toMatchObject({ error_response: { code: "40002", sub_code: code } });
  expect(answer).not.toHaveProperty("sign");
});

test.each([
  ["a method that is not played", "trade.create", {}, { error_response: { sub_code: "isv.invalid-method" } }],
  ["SHA-1", "trade.query", { sign_type: "RSA" }, queryRefused("isv.invalid-signature-type")],
  ["a time of no form", "trade.query", { timestamp: "now" }, queryRefused("isv.invalid-timestamp")],
  ["an empty parameter", "trade.query", { app_auth_token: "" }, queryRefused("isv.invalid-signature")],
])("%s is refused", async (_, method, change, refusal) => {
  const { bytes } = await ask(formOf(`alipay.${method}`, { out_trade_no: "1" }, { ...change }));

  expect(JSON.parse(bytes.toString())).toMatchObject(refusal);
});

function queryRefused(code: string) {
  return { alipay_trade_query_response: { sub_code: code } };
}

test("a parameter that is missing or stands twice is refused", async () => {
  const form = formOf("alipay.trade.query", { out_trade_no: "1" });

  const twice = await ask(form, `?${form}`);
  const missing = await ask(form.replace(/&timestamp=[^&]*/, ""));

  expect(JSON.parse(twice.bytes.toString())).toMatchObject({ error_response: { sub_code: "isv.invalid-parameter" } });
  expect(JSON.parse(missing.bytes.toString())).toMatchObject({
    alipay_trade_query_response: { code: "40001", sub_code: "isv.missing-timestamp" },
  });
});

test("what a call does not take is a parameter error that names it", async () => {
  const cases: readonly (readonly [string, object, string])[] = [
    ["alipay.trade.query", {}, "out_trade_no or trade_no"],
    ["alipay.trade.precreate", { ...trade(), total_amount: "1e2" }, "total_amount"],
    ["alipay.trade.precreate", { ...trade(), total_amount: "0.001" }, "total_amount"],
    ["alipay.trade.precreate", { ...trade(), subject: "a=b" }, "subject"],
    ["alipay.trade.precreate", { ...trade(), seller_id: "2088000000000000" }, "seller_id"],
    ["alipay.trade.precreate", { ...trade(), timeout_express: "16d" }, "time_expire"],
  ];

  for (const [method, bizContent, told] of cases) {
    const { bytes } = await ask(formOf(method, bizContent));
    const [answer] = Object.values<unknown>(JSON.parse(bytes.toString()));
    expect(answer).toMatchObject({
      code: "40004",
      sub_code: "ACQ.INVALID_PARAMETER",
      sub_msg: expect.stringContaining(told),
    });
  }
});

test("a call in GBK is verified, answered and told in GBK", async () => {
  const asked = { ...trade(), subject: "龙井茶" };
  const form = formOf("alipay.trade.precreate", asked, { charset: "gbk", notify_url: world.receiver.url });

  const { response, bytes } = await ask(form);
  await world.play(asked.out_trade_no, { do: "pay" });

  expect(response.headers.get("content-type")).toBe("text/html;charset=gbk");
  expect(iconv.decode(bytes, "gbk")).toContain('"code":"10000"');
  const last = world.receiver.received.length - 1;
  expect(new TextDecoder().decode(world.receiver.received[last]?.body)).toContain("%C1%FA%BE%AE%B2%E8");
  expect(await world.verified(last)).toMatchObject({ ok: true, notice: { status: "succeeded" } });
});

test("a payment without notify_url is told to nobody", async () => {
  const asked = trade();
  const before = world.receiver.received.length;
  await ask(formOf("alipay.trade.precreate", asked));

  const played = await world.play(asked.out_trade_no, { do: "pay" });

  expect(await played.json()).toMatchObject({ payment: { status: "SUCCESS" }, deliveries: [] });
  expect(world.receiver.received).toHaveLength(before);
});

test.each(["alipay.trade.page.pay", "alipay.trade.wap.pay"])(
  "%s leads the browser to the cashier, and a forged form nowhere",
  async (method) => {
    const asked = trade();
    const form = formOf(method, asked, { return_url: "https://shop.test/thanks?order=1" });

    const { response } = await ask(form);
    const forged = await ask(form.replace(/&version=[^&]*/, "&version=%32"));

    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe(`${world.url}/cashier/alipay/${asked.out_trade_no}`);
    expect(forged.response.status).toBe(400);
  },
);

test("after the payment the browser is led back with signed parameters that name no status", async () => {
  const asked = trade();
  await ask(formOf("alipay.trade.page.pay", asked, { return_url: "https://shop.test/thanks?order=1" }));
  const path = `/return.htm?out_trade_no=${asked.out_trade_no}`;
  const back = () => fetch(`${world.account.baseUrl ?? ""}${path}`, { redirect: "manual" });
  const early = await back();
  await world.play(asked.out_trade_no, { do: "pay" });

  const page = await (await world.visit(asked.out_trade_no)).text();
  const address = new URL((await back()).headers.get("location") ?? "");

  expect(early.status).toBe(404);
  expect(page).toContain(`href="${world.account.baseUrl ?? ""}${path}"`);
  expect(address.origin + address.pathname).toBe("https://shop.test/thanks");
  const { order, sign = "", ...fields } = Object.fromEntries(address.searchParams);
  expect(order).toBe("1");
  expect(fields).toMatchObject({
    out_trade_no: asked.out_trade_no,
    total_amount: "1.00",
    method: "alipay.trade.page.pay.return",
  });
  expect(fields).not.toHaveProperty("trade_status");
  const text = Object.entries(fields)
    .filter(([name]) => name !== "sign_type")
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  expect(createVerify("RSA-SHA256").update(text).verify(world.account.alipayPublicKey, sign, "base64")).toBe(true);
});

test("a cancel closes what is unpaid, gives back what is paid, and knows of nothing else", async () => {
  const [unscanned, waiting, paid] = [trade(), trade(), trade()];
  for (const each of [unscanned, waiting, paid]) {
    await ask(formOf("alipay.trade.precreate", each, { notify_url: world.receiver.url }));
  }
  await world.visit(waiting.out_trade_no);
  await world.play(paid.out_trade_no, { do: "pay" });
  const cancel = async ({ out_trade_no }: { readonly out_trade_no: string }) => {
    const { bytes } = await ask(formOf("alipay.trade.cancel", { out_trade_no }));
    return JSON.parse(bytes.toString()).alipay_trade_cancel_response;
  };

  expect(await cancel({ out_trade_no: "none" })).toEqual({
    code: "10000",
    msg: "Success",
    out_trade_no: "none",
    retry_flag: "N",
  });
  expect(await cancel(unscanned)).not.toHaveProperty("action");
  expect(await cancel(waiting)).toMatchObject({ code: "10000", action: "close", retry_flag: "N" });
  expect(await cancel(paid)).toMatchObject({ code: "10000", action: "refund", retry_flag: "N" });
  expect(await cancel(paid)).toMatchObject({ code: "10000", action: "refund" });
  expect((await world.play(unscanned.out_trade_no, { do: "pay" })).status).toBe(409);
});
