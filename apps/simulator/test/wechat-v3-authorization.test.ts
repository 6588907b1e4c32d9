import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";

import { afterAll, beforeAll, expect, test } from "vitest";

import { type WechatWorld, makePair, newNumber, startWechat } from "./wechat-v3-world.ts";

let world: WechatWorld;
beforeAll(async () => {
  world = await startWechat(await makePair());
});
afterAll(() => world.stop());

type Parts = {
  readonly method: string;
  readonly path: string;
  readonly timestamp: string;
  readonly body: string;
  readonly key: string;
  readonly mchid: string;
  readonly serial: string;
  readonly scheme: string;
};

/** What is signed, and, apart from it, what is sent. */
async function send(signedParts: Partial<Parts> = {}, sentParts: Partial<Parts> = {}): Promise<Response> {
  const { account, simulator } = world;
  const signed: Parts = {
    method: "GET",
    path: `/gateways/wechat/v3/pay/transactions/out-trade-no/P00000001?mchid=${account.mchid}`,
    timestamp: String(Math.floor(Date.now() / 1000)),
    body: "",
    key: account.merchantPrivateKey,
    mchid: account.mchid,
    serial: account.merchantSerial,
    scheme: "WECHATPAY2-SHA256-RSA2048",
    ...signedParts,
  };
  const { method, path, timestamp, body, mchid, serial, scheme } = { ...signed, ...sentParts };
  const nonce = newNumber();
  const text = `${signed.method}\n${signed.path}\n${signed.timestamp}\n${nonce}\n${signed.body}\n`;
  const signature = sign("RSA-SHA256", Buffer.from(text), createPrivateKey(signed.key)).toString("base64");
  const values = { nonce_str: nonce, mchid, signature, serial_no: serial, timestamp };
  const authorization = `${scheme} ${Object.entries(values)
    .map(([name, value]) => `${name}="${value}"`)
    .join(",")}`;
  return fetch(simulator.url + path, { method, headers: { authorization }, ...(body === "" ? {} : { body }) });
}

const post = { method: "POST", path: "/gateways/wechat/v3/pay/transactions/out-trade-no/P00000001/close" };
const secondsAgo = (seconds: number) => String(Math.floor(Date.now() / 1000) - seconds);
const strange = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
}).privateKey;

test("a call that the merchant signed is answered, and the answer is signed", async () => {
  const response = await send();

  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ code: "ORDER_NOT_EXIST", message: "订单不存在" });
  expect(response.headers.get("wechatpay-signature")).not.toBeNull();
});

test.each<readonly [string, Partial<Parts>, Partial<Parts>]>([
  ["signed with another key", { key: strange }, {}],
  ["for another path", {}, { path: "/gateways/wechat/v3/certificates" }],
  ["without the prefix of the address", { path: "/v3/certificates" }, { path: "/gateways/wechat/v3/certificates" }],
  ["with another query", {}, { path: "/gateways/wechat/v3/pay/transactions/out-trade-no/P00000001?mchid=1" }],
  ["with another body", { ...post, body: '{"mchid":"1"}' }, { body: '{"mchid":"2"}' }],
  ["by another method", { ...post, method: "GET" }, post],
  ["with another time", {}, { timestamp: secondsAgo(10) }],
  ["made over five minutes ago", { timestamp: secondsAgo(302) }, {}],
  ["made over five minutes from now", { timestamp: secondsAgo(-302) }, {}],
  ["at no time", { timestamp: "now" }, {}],
  ["by another merchant", { mchid: "1900000110" }, {}],
  ["under another serial", { serial: "0A" }, {}],
  ["by another scheme", { scheme: "WECHATPAY2-SM2-WITH-SM3" }, {}],
])("a call %s is refused, unsigned", async (_, signed, sent) => {
  const response = await send(signed, sent);

  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ code: "SIGN_ERROR" });
  expect(response.headers.get("wechatpay-signature")).toBeNull();
});

test("a call without an authorization is refused, the download of a bill too", async () => {
  for (const path of ["/v3/certificates", "/v3/billdownload/file?token=a"]) {
    const response = await fetch(`${world.simulator.url}/gateways/wechat${path}`);

    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "SIGN_ERROR" });
  }
});

test("a body that is no JSON is a wrong parameter, not a fault", async () => {
  const response = await send({ ...post, body: "{" });

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: "PARAM_ERROR" });
});
