import { generateKeyPairSync } from "node:crypto";

import { describe, expect, test } from "vitest";

import { endingKeys, inspectAccount, inspectProviders } from "../src/index.ts";
import type { Account } from "../src/index.ts";
import { account as alipay } from "./support/alipay-notices.ts";
import { account as unionpay, leafWith, merchantKeys, middleWith, rootWith } from "./support/unionpay-notices.ts";
import { account as wechat, platformKeys, publicModeKeys } from "./support/wechat-v3-notices.ts";
import { certificate, spki } from "./support/wechat-v3-x509.ts";

const now = new Date("2026-11-22T04:00:00Z");
const long = "a-secret-of-sufficient-length";
const past = new Date("2026-11-21T00:00:00Z");
const soon = new Date("2026-12-21T00:00:00Z");
const later = new Date("2026-12-23T00:00:00Z");
const signWords = { subject: ["041@Z2026@某某商户@00000001"], keys: merchantKeys };

function found(account: Account): readonly string[] {
  return inspectAccount(account, now).map(({ severity, place, text }) => `${severity} ${place}: ${text}`);
}

function platform(serial: string, period: { readonly from?: Date; readonly to?: Date } = {}) {
  const words = { subject: ["Tenpay.com sign"], keys: platformKeys, issuer: "Tenpay", issuerKeys: platformKeys };
  return { [serial]: { type: "certificate" as const, pem: certificate({ ...words, serial, ...period }) } };
}

const publicKey = { PUB_KEY_ID_01: { type: "publicKey" as const, pem: spki(publicModeKeys) } };

describe("nothing is found", () => {
  const stripe = { kind: "stripe", secret: `whsec_${long}`, tolerance: 300, livemode: true } as const;
  test.each<[string, Account]>([
    ["an hmac account", { kind: "hmac", secret: long, baseUrl: "https://gateway.test" }],
    ["a mock", { kind: "mock", secret: long }],
    ["a WeChat account with a certificate and a public key", wechat],
    ["one with a long-lived certificate alone", { ...wechat, keys: platform("5157") }],
    ["one in which a certificate is exchanged early enough", { ...wechat, keys: platform("5157", { to: later }) }],
    ["one with a public key alone", { ...wechat, keys: publicKey }],
    ["an Alipay account", alipay],
    ["a UnionPay account", unionpay],
    ["a live Stripe account", { ...stripe, apiKey: "sk_live_123" }],
    ["one with a key of another form", { ...stripe, apiKey: "placeholder" }],
    ["Standard Webhooks with a public key", { kind: "standard-webhooks", publicKey: "whpk_x", tolerance: 300 }],
    [
      "WeChat Pay v2 without MD5",
      { kind: "wechat-v2", appid: "wx1", mch_id: "1", apiV2Key: "0123456789abcdef0123456789abcdef", allowMd5: false },
    ],
  ])("in %s", (_, account) => {
    expect(found(account)).toEqual([]);
  });
});

describe("a secret", () => {
  test("that is short is named, an old one too, and a rotation that was left open", () => {
    expect(found({ kind: "hmac", secret: "short", previousSecrets: [long, "shorter"] })).toEqual([
      "warning secret: is short: fewer than 16 characters",
      "warning previousSecrets.1: is short: fewer than 16 characters",
      "warning previousSecrets: are accepted as well; take them out when the rotation is over",
    ]);
  });

  test("of Standard Webhooks is measured in bytes", () => {
    const secret = `whsec_${Buffer.alloc(23, 1).toString("base64")}`;

    expect(found({ kind: "standard-webhooks", secret, tolerance: 300 })).toEqual([
      "warning secret: is short: fewer than 24 bytes",
    ]);
  });
});

test("what makes forging or reading easy is named", () => {
  const wechatV2 = {
    kind: "wechat-v2",
    appid: "wx1",
    mch_id: "1",
    apiV2Key: "0123456789abcdef0123456789abcdef",
  } as const;

  expect(found({ kind: "mock", secret: long, allowUnsigned: true, baseUrl: "http://127.0.0.1:3100" })).toEqual([
    "warning baseUrl: is http: calls and their answers can be read on the way",
    "warning allowUnsigned: unsigned callbacks are believed",
  ]);
  expect(found(wechatV2)).toEqual(["warning allowMd5: notices signed with MD5 are accepted; false refuses them"]);
});

test("a Stripe key of the other mode is wrong, and test mode is named", () => {
  const stripe = { kind: "stripe", secret: `whsec_${long}`, tolerance: 300 } as const;

  expect(found({ ...stripe, livemode: true, apiKey: "sk_test_123" })).toEqual([
    "wrong apiKey: is a test key, and livemode is true",
  ]);
  expect(found({ ...stripe, livemode: false, apiKey: "rk_live_123" })).toEqual([
    "wrong apiKey: is a live key, and livemode is false",
  ]);
  expect(found({ ...stripe, livemode: false, apiKey: "sk_test_123" })).toEqual([
    "warning livemode: is false: only test payments are taken",
  ]);
});

test("an Alipay key of 1024 bits is named", () => {
  const { publicKey: weak } = generateKeyPairSync("rsa", { modulusLength: 1_024 });
  const alipayPublicKey = weak.export({ type: "spki", format: "pem" }).toString();

  expect(found({ ...alipay, alipayPublicKey })).toEqual(["warning alipayPublicKey: is short: fewer than 2048 bits"]);
});

describe("a WeChat certificate", () => {
  const noNext = "warning keys: none is valid in 30 days: add WeChat's next certificate or its public key";

  test("that ends soon and has no successor is two warnings", () => {
    expect(found({ ...wechat, keys: platform("5157", { to: soon }) })).toEqual([
      "warning keys.5157: expires on 2026-12-21",
      noNext,
    ]);
  });

  test("that ends soon and has a successor is one", () => {
    const expected = ["warning keys.5157: expires on 2026-12-21"];

    expect(found({ ...wechat, keys: { ...platform("5157", { to: soon }), ...platform("5158") } })).toEqual(expected);
    expect(found({ ...wechat, keys: { ...platform("5157", { to: soon }), ...publicKey } })).toEqual(expected);
  });

  test("whose successor begins only later is two warnings more", () => {
    const keys = { ...platform("5157", { to: soon }), ...platform("5158", { from: later }) };

    expect(found({ ...wechat, keys })).toEqual([
      "warning keys.5157: expires on 2026-12-21",
      "warning keys.5158: is not valid before 2026-12-23",
      noNext,
    ]);
  });

  test("that has expired is wrong when no other key verifies", () => {
    const expired = platform("5157", { to: past });

    expect(found({ ...wechat, keys: expired })).toEqual(["wrong keys.5157: has expired on 2026-11-21", noNext]);
    expect(found({ ...wechat, keys: { ...expired, ...publicKey } })).toEqual([
      "warning keys.5157: has expired on 2026-11-21",
    ]);
  });

  test("that is not yet valid is wrong when no other key verifies", () => {
    expect(found({ ...wechat, keys: platform("5157", { from: soon }) })).toEqual([
      "wrong keys.5157: is not valid before 2026-12-21",
    ]);
  });
});

describe("a UnionPay certificate", () => {
  test("that has expired or is not yet valid is wrong, whichever of the chain it is", () => {
    expect(found({ ...unionpay, rootCert: rootWith({ to: past }) })).toEqual([
      "wrong rootCert: has expired on 2026-11-21",
    ]);
    expect(found({ ...unionpay, middleCert: middleWith({ from: soon }) })).toEqual([
      "wrong middleCert: is not valid before 2026-12-21",
    ]);
    expect(found({ ...unionpay, signCert: leafWith({ ...signWords, to: past }) })).toEqual([
      "wrong signCert: has expired on 2026-11-21",
    ]);
  });

  test("that ends soon is a warning, as is the test system's name", () => {
    const signCert = leafWith({ ...signWords, to: soon });

    expect(found({ ...unionpay, signCert, unionpayName: "00040000:SIGN" })).toEqual([
      "warning unionpayName: is not that of the live system",
      "warning signCert: expires on 2026-12-21",
    ]);
  });
});

describe("keys that end within thirty days", () => {
  const ending = (account: Account) => endingKeys(account, now).map(({ place, until }) => [place, until.toISOString()]);

  test("are named, with those that have ended", () => {
    const account = {
      ...unionpay,
      signCert: leafWith({ ...signWords, to: soon }),
      middleCert: middleWith({ to: past }),
    };

    expect(ending(account)).toEqual([
      ["middleCert", past.toISOString()],
      ["signCert", soon.toISOString()],
    ]);
    expect(ending({ ...unionpay, signCert: leafWith({ ...signWords, to: later }) })).toEqual([]);
  });

  test("are nobody's concern at WeChat Pay while another one stays good", () => {
    expect(ending({ ...wechat, keys: { ...platform("5157", { to: past }), ...publicKey } })).toEqual([]);
    expect(ending({ ...wechat, keys: platform("5157", { to: soon }) })).toEqual([["keys.5157", soon.toISOString()]]);
  });

  test("are none where nothing carries a date", () => {
    expect(ending({ kind: "hmac", secret: long })).toEqual([]);
  });
});

describe("a providers file", () => {
  const text = JSON.stringify({
    till: { kind: "hmac", secret: "short", previousSecrets: [long], baseUrl: "http://gateway.test" },
    wechat: { ...wechat, keys: { ...platform("5157"), ...publicKey } },
    bank: unionpay,
  });

  test("is described account by account", () => {
    const inspection = inspectProviders(text, { production: false, now });

    expect(inspection).toMatchObject({
      ok: true,
      accounts: [
        { id: "till", kind: "hmac", keys: ["secret", "previous secret 1"], findings: [{}, {}, {}] },
        {
          id: "wechat",
          kind: "wechat-v3",
          keys: ["certificate 5157", "public key PUB_KEY_ID_01"],
          validUntil: "2029-01-01",
          findings: [],
        },
        { id: "bank", keys: ["rootCert", "middleCert", "signCert"], validUntil: "2029-01-01", findings: [] },
      ],
    });
  });

  test("meant for production has wrong what production refuses, said once", () => {
    const inspection = inspectProviders(text, { production: true, now });
    const [till] = inspection.ok ? inspection.accounts : [];

    expect(till?.findings.map(({ severity, place }) => `${severity} ${place}`)).toEqual([
      "wrong secret",
      "wrong baseUrl",
      "warning previousSecrets",
    ]);
  });

  test("that cannot be read has problems instead", () => {
    expect(inspectProviders("{", { production: false, now })).toEqual({ ok: false, problems: ["is not JSON"] });
  });

  test("never shows a value", () => {
    const values = ['short"', long, "BEGIN", wechat.apiV3Key, unionpay.merId];

    for (const production of [false, true]) {
      const shown = JSON.stringify(inspectProviders(text, { production, now }));
      for (const value of values) expect(shown).not.toContain(value);
    }
  });
});
