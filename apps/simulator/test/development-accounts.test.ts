import { X509Certificate, createCipheriv, createHash, createHmac, sign } from "node:crypto";

import { type Account, inspectProviders, readProviders, verifyCallback } from "@zhanggui/gateways";
import { beforeAll, describe, expect, test } from "vitest";

import { type Made, makeDevelopmentAccounts } from "../src/development/index.ts";
import type { GatewayKeys } from "../src/keys/gateway-keys.ts";
import { readKeys } from "../src/keys/read-keys.ts";

type Fields = Readonly<Record<string, string>>;
type KeysOf<Kind> = Extract<GatewayKeys, { kind: Kind }>;

const now = new Date("2026-11-22T04:00:10Z");
const options = { gatewaysUrl: "http://127.0.0.1:3001/gateways", mockSecret: "the secret of the mock", now };
let made: Made;

beforeAll(async () => {
  made = await makeDevelopmentAccounts(options);
});

/** The account and its gateway's keys, as a reader of the two files gets them. */
function pairOf<Kind extends GatewayKeys["kind"]>(id: string, kind: Kind, from = made) {
  const reading = readProviders(JSON.stringify(from.providers), false);
  const account = reading.ok ? reading.providers.get(id) : undefined;
  const readingOfKeys = readKeys(JSON.stringify(from.keys));
  const keys = readingOfKeys.ok ? readingOfKeys.keys.get(id) : undefined;
  if (account?.kind !== kind || keys?.kind !== kind) throw new Error(`no pair of ${kind}`);
  return { account: account as Extract<Account, { kind: Kind }>, keys: keys as KeysOf<Kind> };
}

function verify(account: Account, headers: Fields, body: string) {
  const request = { method: "POST", path: "/callbacks/any", headers, body: Buffer.from(body) };
  return verifyCallback(account, request, { now, production: false });
}

function form(account: Account, fields: Fields) {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return verify(account, headers, new URLSearchParams(fields).toString());
}

function joined(fields: Fields): string {
  return Object.keys(fields)
    .toSorted()
    .map((name) => `${name}=${fields[name]}`)
    .join("&");
}

function signed(text: string, privateKey: string): string {
  return sign("RSA-SHA256", Buffer.from(text), privateKey).toString("base64");
}

test("every account reads well, the mock first, each with its own address", () => {
  const reading = readProviders(JSON.stringify(made.providers), false);

  expect(reading.ok && [...reading.providers.keys()]).toEqual([
    "mock",
    "hmac",
    "wechat",
    "alipay",
    "unionpay",
    "stripe",
  ]);
  for (const [id, account] of Object.entries(made.providers)) {
    expect(account).toHaveProperty("baseUrl", `${options.gatewaysUrl}/${id}`);
  }
  expect(Object.keys(made.keys)).toEqual(["wechat", "alipay", "unionpay"]);
  expect(made.replaced).toEqual([]);
});

test("a check of the accounts finds nothing wrong, today and in nine years", () => {
  for (const at of [now, new Date("2035-11-22T04:00:10Z")]) {
    const inspection = inspectProviders(JSON.stringify(made.providers), { production: false, now: at });
    const findings = inspection.ok ? inspection.accounts.flatMap((account) => account.findings) : [];

    expect(inspection.ok).toBe(true);
    expect(new Set(findings.map(({ place, text }) => `${place} ${text}`))).toEqual(
      new Set([
        "baseUrl is http: calls and their answers can be read on the way",
        "livemode is false: only test payments are taken",
      ]),
    );
  }
});

describe("what the gateways sign verifies", () => {
  test.each([0, 1])("WeChat Pay, with platform key %i", async (at) => {
    const { account, keys } = pairOf("wechat", "wechat-v3");
    const [key, other] = [keys.platformKeys[at], keys.platformKeys[1 - at]];
    const facts = {
      mchid: account.mchid,
      appid: account.appid,
      out_trade_no: "pay_1",
      transaction_id: "4200001234202611221234567890",
      trade_state: "SUCCESS",
      success_time: "2026-11-22T12:00:06+08:00",
      amount: { total: 1990, currency: "CNY" },
    };
    const cipher = createCipheriv("aes-256-gcm", account.apiV3Key, "0123456789ab");
    const ciphertext = Buffer.concat([cipher.update(JSON.stringify(facts)), cipher.final(), cipher.getAuthTag()]);
    const body = JSON.stringify({
      id: "event_1",
      create_time: "2026-11-22T12:00:06+08:00",
      event_type: "TRANSACTION.SUCCESS",
      resource_type: "encrypt-resource",
      resource: {
        original_type: "transaction",
        algorithm: "AEAD_AES_256_GCM",
        ciphertext: ciphertext.toString("base64"),
        nonce: "0123456789ab",
        associated_data: "",
      },
    });
    const timestamp = String(now.getTime() / 1_000);
    const headers = (privateKey = "") => ({
      "content-type": "application/json",
      "wechatpay-timestamp": timestamp,
      "wechatpay-nonce": "nonce",
      "wechatpay-serial": key?.serial ?? "",
      "wechatpay-signature": signed(`${timestamp}\nnonce\n${body}\n`, privateKey),
    });

    expect(await verify(account, headers(other?.privateKey), body)).toMatchObject({ ok: false });
    expect(await verify(account, headers(key?.privateKey), body)).toMatchObject({
      ok: true,
      notice: { outTradeNo: "pay_1", amountMinor: 1990, status: "succeeded" },
    });
  });

  test("Alipay", async () => {
    const { account, keys } = pairOf("alipay", "alipay");
    const fields = {
      app_id: account.app_id,
      seller_id: account.seller_id,
      charset: "utf-8",
      notify_id: "2026112200222120000012345678901234",
      out_trade_no: "pay_1",
      trade_no: "2026112222001412345678901234",
      trade_status: "TRADE_SUCCESS",
      total_amount: "19.90",
      gmt_payment: "2026-11-22 12:00:06",
    };
    const by = (privateKey: string) => ({ ...fields, sign_type: "RSA2", sign: signed(joined(fields), privateKey) });

    expect(await form(account, by(account.appPrivateKey))).toEqual({ ok: false, reason: "signature_invalid" });
    expect(await form(account, by(keys.alipayPrivateKey))).toMatchObject({
      ok: true,
      notice: { outTradeNo: "pay_1", amountMinor: 1990, status: "succeeded" },
    });
  });

  test("UnionPay, and not the merchant under the same authority", async () => {
    const { account, keys } = pairOf("unionpay", "unionpay");
    const by = ({ signCert, signPrivateKey }: { readonly signCert: string; readonly signPrivateKey: string }) => {
      const fields = {
        version: "5.1.0",
        encoding: "UTF-8",
        signMethod: "01",
        txnType: "01",
        merId: account.merId,
        orderId: "pay00001",
        txnTime: "20261122120000",
        txnAmt: "1990",
        currencyCode: "156",
        queryId: "202611221200061516778",
        respCode: "00",
        respMsg: "成功[0000000]",
        signPubKeyCert: signCert,
      };
      const digest = createHash("sha256").update(joined(fields)).digest("hex");
      return { ...fields, signature: signed(digest, signPrivateKey) };
    };

    expect(await form(account, by(account))).toEqual({ ok: false, reason: "signature_invalid" });
    expect(await form(account, by(keys))).toMatchObject({
      ok: true,
      notice: { outTradeNo: "pay00001", amountMinor: 1990, status: "succeeded" },
    });
  });

  test.each(["mock", "hmac"])("the %s scheme", async (id) => {
    const account = made.providers[id];
    if (account?.kind !== "hmac" && account?.kind !== "mock") throw new Error("no secret");
    const fields = { out_trade_no: "pay_1", transaction_id: "t_1", amount: "19.90", status: "SUCCESS" };
    const mac = createHmac("sha256", account.secret).update(joined(fields)).digest("hex");

    expect(await form(account, { ...fields, sign: mac })).toMatchObject({ ok: true });
  });
});

test("the chain of UnionPay's certificates limits its authorities to signing certificates, and is named in UTF-8", () => {
  const { account, keys } = pairOf("unionpay", "unionpay");
  const [root, middle, leaf, merchant] = [account.rootCert, account.middleCert, keys.signCert, account.signCert].map(
    (pem) => new X509Certificate(pem),
  );
  if (root === undefined || middle === undefined) throw new Error("no authority");

  expect([root.ca, middle.ca, leaf?.ca, merchant?.ca]).toEqual([true, true, false, false]);
  expect(root.verify(root.publicKey)).toBe(true);
  for (const [certificate, issuer] of [
    [middle, root],
    [leaf, middle],
    [merchant, middle],
  ] as const) {
    expect(certificate?.checkIssued(issuer)).toBe(true);
    expect(certificate?.verify(issuer.publicKey)).toBe(true);
  }
  expect(leaf?.subject).toBe("CN=041@8310000000083040@中国银联股份有限公司@00016495");
  expect(leaf?.validFromDate).toEqual(now);
  expect(leaf?.validToDate).toEqual(new Date("2036-11-22T04:00:10Z"));
});

describe("what was kept", () => {
  test("stays as it is, at the new address", async () => {
    const kept = structuredClone(made);

    const again = await makeDevelopmentAccounts({ ...options, gatewaysUrl: "http://127.0.0.1:4001/gateways", kept });

    expect(again.keys).toEqual(made.keys);
    expect(again.replaced).toEqual([]);
    expect(again.providers).toEqual(
      Object.fromEntries(
        Object.entries(made.providers).map(([id, account]) => [
          id,
          { ...account, baseUrl: `http://127.0.0.1:4001/gateways/${id}` },
        ]),
      ),
    );
  });

  test("of an earlier version is completed, and nothing of it is replaced", async () => {
    const kept = { providers: { mock: made.providers["mock"] }, keys: {} };

    const completed = await makeDevelopmentAccounts({ ...options, kept });

    expect(completed.providers["mock"]).toEqual(made.providers["mock"]);
    expect(Object.keys(completed.providers)).toEqual(Object.keys(made.providers));
    expect(completed.replaced).toEqual([]);
  });

  test.each([
    ["wechat", "wechat-v3"],
    ["alipay", "alipay"],
    ["unionpay", "unionpay"],
  ] as const)("of %s is replaced, and named, when its halves are of different makings", async (id, kind) => {
    const other = await makeDevelopmentAccounts(options);
    const halves = { providers: made.providers, keys: { ...made.keys, [id]: other.keys[id] } };

    const mended = await makeDevelopmentAccounts({ ...options, kept: halves });

    expect(mended.replaced).toEqual([id]);
    expect(mended.keys).not.toMatchObject({ [id]: made.keys[id] });
    expect(mended.keys).not.toMatchObject({ [id]: other.keys[id] });
    expect(Object.keys(mended.keys)).toEqual(Object.keys(made.keys));
    const checked = await makeDevelopmentAccounts({ ...options, kept: mended });
    expect(checked.replaced).toEqual([]);
    expect(pairOf(id, kind, checked)).toEqual(pairOf(id, kind, mended));
  });

  test.each([
    ["an account that cannot be read", { providers: { stripe: { kind: "stripe" } }, keys: {} }, ["stripe"]],
    ["an account of another kind", { providers: { hmac: { kind: "mock", secret: "secret" } }, keys: {} }, ["hmac"]],
    [
      "a secret with keys beside it",
      { providers: { hmac: { kind: "hmac", secret: "s" } }, keys: { hmac: {} } },
      ["hmac"],
    ],
    ["keys without their account", { providers: {}, keys: { alipay: { kind: "alipay" } } }, ["alipay"]],
  ])("is replaced, and named, when it is %s", async (_, kept, replaced) => {
    const mended = await makeDevelopmentAccounts({ ...options, kept });

    expect(mended.replaced).toEqual(replaced);
    expect(readProviders(JSON.stringify(mended.providers), false).ok).toBe(true);
  });
});
