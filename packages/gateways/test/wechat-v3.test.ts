import { X509Certificate } from "node:crypto";

import { describe, expect, test } from "vitest";
import { Aes, Formatter, Rsa } from "wechatpay-axios-plugin";

import { mutate, randomFrom } from "./support/standard-webhooks-mutations.ts";
import {
  type Facts,
  account,
  apiV3Key,
  certificateSerial,
  clock,
  envelope,
  merchantKeys,
  notice,
  now,
  paid,
  platformCertificate,
  platformKeys,
  publicKeyId,
  publicModeKeys,
  readingOf,
  refunded,
  signed,
  timestamp,
  verify,
} from "./support/wechat-v3-notices.ts";
import { certificate, pkcs8, rsaKeys, spki } from "./support/wechat-v3-x509.ts";
import { wechatV3 } from "../src/wechat-v3/index.ts";

const genuine = notice(paid);

function withHeaders(headers: Readonly<Record<string, string>>, request = genuine) {
  return { ...request, headers: { ...request.headers, ...headers } };
}

function withoutHeader(name: string) {
  return {
    ...genuine,
    headers: Object.fromEntries(Object.entries(genuine.headers).filter(([given]) => given !== name)),
  };
}

function clockAt(seconds: number) {
  return { ...clock, now: new Date(now.getTime() + seconds * 1_000) };
}

describe("a genuine notice", () => {
  test("may be signed with a public key instead of a certificate, while both are held", () => {
    const byPublicKey = signed(envelope(paid), { serial: publicKeyId, keys: publicModeKeys });

    expect(readingOf(byPublicKey)).toEqual(readingOf(genuine));
  });

  test("is found by a certificate whose serial was written in lower case", () => {
    const lower = { [certificateSerial.toLowerCase()]: { type: "certificate", pem: platformCertificate } } as const;

    expect(readingOf(genuine, { ...account, keys: lower })).toMatchObject({ status: "succeeded" });
  });

  test("needs no signature type, no content type and no associated data", () => {
    expect(readingOf(withoutHeader("wechatpay-signature-type"))).toEqual(readingOf(genuine));
    expect(readingOf(withoutHeader("content-type"))).toEqual(readingOf(genuine));
    expect(readingOf(withHeaders({ "content-type": "application/json; charset=UTF-8" }))).toEqual(readingOf(genuine));
    expect(readingOf(notice(paid, { associatedData: undefined }))).toEqual(readingOf(genuine));
    expect(readingOf(notice(paid, { associatedData: "" }))).toEqual(readingOf(genuine));
  });

  test("of a combined order is kept and named, since one notice of ours cannot say it", () => {
    const combined = { combine_mchid: "1900000109", combine_out_trade_no: "c1", sub_orders: [paid, paid] };

    expect(readingOf(notice(combined))).toMatchObject({
      eventType: "ignored",
      outTradeNo: "EV-2018022511223320873",
      rawStatus: "COMBINED.TRANSACTION.SUCCESS",
    });
  });

  test("of a product that is not used is acknowledged and set aside", () => {
    const plaintext = { mchid: "1900000109", coupon_id: "98674556" };

    expect(readingOf(notice(plaintext, { eventType: "COUPON.USE" }))).toMatchObject({
      eventType: "ignored",
      outTradeNo: "EV-2018022511223320873",
      rawStatus: "COUPON.USE",
    });
    expect(readingOf(notice({ ...plaintext, mchid: "1900000110" }, { eventType: "COUPON.USE" }))).toBe(
      "foreign_merchant",
    );
  });
});

describe("what wechatpay-axios-plugin", () => {
  test("signs and encrypts is read", () => {
    const nonce = "fdasflkja484";
    const body = JSON.stringify({
      ...envelope(paid),
      resource: {
        original_type: "transaction",
        algorithm: "AEAD_AES_256_GCM",
        ciphertext: Aes.AesGcm.encrypt(JSON.stringify(paid), apiV3Key, nonce, "transaction"),
        associated_data: "transaction",
        nonce,
      },
    });
    const signature = Rsa.sign(Formatter.response(timestamp, "n0nce", body), platformKeys.privateKey);
    const headers = { "wechatpay-nonce": "n0nce", "wechatpay-signature": signature };

    expect(readingOf({ ...withHeaders(headers), body: Buffer.from(body) })).toEqual(readingOf(genuine));
  });

  test("verifies and decrypts is what these tests sign", () => {
    const { headers, body } = genuine;
    const text = Buffer.from(body).toString();
    const message = Formatter.response(headers["wechatpay-timestamp"] ?? "", headers["wechatpay-nonce"] ?? "", text);
    const { resource } = JSON.parse(text);

    expect(Rsa.verify(message, headers["wechatpay-signature"] ?? "", platformKeys.publicKey)).toBe(true);
    expect(JSON.parse(Aes.AesGcm.decrypt(resource.ciphertext, apiV3Key, resource.nonce, "transaction"))).toEqual(paid);
  });
});

describe("each documented state", () => {
  test.each([
    ["SUCCESS", "succeeded"],
    ["NOTPAY", "processing"],
    ["USERPAYING", "processing"],
    ["ACCEPT", "processing"],
    ["CLOSED", "cancelled"],
    ["REVOKED", "cancelled"],
    ["PAYERROR", "failed"],
    ["REFUND", "unknown"],
    ["SOMETHING_NEW", "unknown"],
    ["constructor", "unknown"],
    ["success", "unknown"],
  ])("of a payment is mapped: %s → %s", (trade_state, status) => {
    expect(readingOf(notice({ ...paid, trade_state }))).toMatchObject({ status, rawStatus: trade_state });
  });

  test.each([
    ["SUCCESS", "refund_succeeded"],
    ["PROCESSING", "refund_processing"],
    ["ABNORMAL", "refund_abnormal"],
    ["CLOSED", "refund_closed"],
    ["SOMETHING_NEW", "unknown"],
  ])("of a refund is mapped: %s → %s", (refund_status, status) => {
    const request = notice({ ...refunded, refund_status }, { eventType: `REFUND.${refund_status}` });

    expect(readingOf(request)).toMatchObject({ eventType: "refund", status, rawStatus: refund_status });
  });

  test("and its event must agree before anything succeeds", () => {
    expect(readingOf(notice(paid, { eventType: "TRANSACTION.CLOSED" }))).toBe("malformed");
    expect(readingOf(notice(refunded, { eventType: "REFUND.CLOSED" }))).toBe("malformed");
    expect(readingOf(notice(paid, { eventType: "REFUND.SUCCESS" }))).toBe("malformed");
    expect(readingOf(notice(refunded, { eventType: "TRANSACTION.SUCCESS" }))).toBe("foreign_merchant");
  });
});

describe("a signature is refused", () => {
  test("when it is another spelling of the same bytes", () => {
    const signature = genuine.headers["wechatpay-signature"] ?? "";
    const spare = signature.replace(/(.)==$/, (_, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}==`);
    for (const other of [spare, signature.replace(/=+$/, ""), `${signature}=`, ` ${signature}`, `${signature}\n`]) {
      expect(readingOf(withHeaders({ "wechatpay-signature": other }))).toBe("signature_invalid");
    }
    const urlSafe = signature.replaceAll("+", "-").replaceAll("/", "_");
    expect(urlSafe === signature || readingOf(withHeaders({ "wechatpay-signature": urlSafe }))).not.toBeTypeOf(
      "object",
    );
  });

  test("when it is WeChat's probe", () => {
    const probe = `WECHATPAY/SIGNTEST/${genuine.headers["wechatpay-signature"]?.slice(19)}`;

    expect(readingOf(withHeaders({ "wechatpay-signature": probe }))).toBe("signature_invalid");
  });

  test.each(["constructor", "__proto__", "toString", "hasOwnProperty", "", " ", certificateSerial.toLowerCase(), "0"])(
    "when its serial is %j",
    (serial) => {
      expect(verify(withHeaders({ "wechatpay-serial": serial })).ok).toBe(false);
    },
  );

  test("when its serial names the other key", () => {
    expect(readingOf(withHeaders({ "wechatpay-serial": publicKeyId }))).toBe("signature_invalid");
    expect(readingOf(signed(envelope(paid), { keys: merchantKeys }))).toBe("signature_invalid");
  });

  test.each(["WECHATPAY2-SM2-WITH-SM3", "WECHATPAY2-SHA256-RSA1024", "", "none"])("when its type is %j", (type) => {
    expect(readingOf(withHeaders({ "wechatpay-signature-type": type }))).toBe("signature_invalid");
  });

  test("when it moves to another timestamp", () => {
    expect(readingOf(withHeaders({ "wechatpay-timestamp": String(Number(timestamp) + 1) }))).toBe("signature_invalid");
  });

  test("when a line feed in a header would move the parts of the signed text", () => {
    const text = Buffer.from(genuine.body).toString();
    const nonce = genuine.headers["wechatpay-nonce"] ?? "";
    const request = {
      ...withHeaders({ "wechatpay-nonce": `${nonce}\n${text.slice(0, 1)}` }),
      body: Buffer.from(text.slice(1)),
    };

    expect(readingOf(request)).toBe("malformed");
  });
});

describe("time", () => {
  test.each([-299, -1, 0, 1, 299])("%d s away is fresh", (seconds) => {
    expect(readingOf(genuine, account, clockAt(seconds))).toMatchObject({ status: "succeeded" });
  });

  test.each([-86_400, -302, 302, 86_400])("%d s away is stale, in the past and in the future", (seconds) => {
    expect(readingOf(genuine, account, clockAt(seconds))).toBe("stale");
  });

  test.each([
    "",
    "0",
    "-1",
    "1e9",
    "NaN",
    "0x10",
    ` ${timestamp}`,
    `${timestamp}.0`,
    `${timestamp}000`,
    `0${timestamp}`,
  ])("written as %j is refused", (value) => {
    expect(verify(signed(envelope(paid), { at: value })).ok).toBe(false);
  });

  test("outside a certificate's validity is refused", () => {
    for (const validity of [{ to: new Date("2026-11-22T04:00:00Z") }, { from: new Date("2026-11-22T04:00:20Z") }]) {
      const words = {
        serial: certificateSerial,
        subject: ["Tenpay.com sign"],
        keys: platformKeys,
        issuer: "x",
        ...validity,
      };
      const pem = certificate({ ...words, issuerKeys: merchantKeys });
      const keys = { [certificateSerial]: { type: "certificate", pem } } as const;

      expect(readingOf(genuine, { ...account, keys })).toBe("signature_invalid");
    }
  });
});

describe("a genuinely signed body is refused", () => {
  const { resource: _, ...bare } = envelope(paid);
  test.each<[string, Facts | string]>([
    ["nothing", ""],
    ["null", "null"],
    ["an array", "[]"],
    ["text", '"x"'],
    ["broken JSON", "{"],
    ["without a resource", bare],
    ["with a resource that is text", { ...bare, resource: "x" }],
    ["with another algorithm", envelope(paid, { resource: { algorithm: "AEAD_SM4_GCM" } })],
    ["with another resource type", { ...envelope(paid), resource_type: "plain" }],
    ["with a short nonce", envelope(paid, { resource: { nonce: "fdasflkja48" } })],
    ["with a nonce that is a number", envelope(paid, { resource: { nonce: 123456789012 } })],
    ["without a ciphertext", envelope(paid, { resource: { ciphertext: "" } })],
    ["with an event type that is a number", { ...envelope(paid), event_type: 1 }],
    ["with a name said twice", JSON.stringify(envelope(paid)).replace("{", '{"event_type":"TRANSACTION.SUCCESS",')],
    ["with a byte order mark", `\uFEFF${JSON.stringify(envelope(paid))}`],
  ])("when it is %s", (_name, body) => {
    expect(readingOf(signed(body))).toBe("malformed");
  });

  test("when its bytes are not UTF-8", () => {
    const request = signed(envelope(paid));

    expect(verify({ ...request, body: Buffer.from([0xff, 0xfe]) }).ok).toBe(false);
  });

  test("when the tag of its ciphertext, the associated data or the key is wrong", () => {
    const { resource } = JSON.parse(Buffer.from(genuine.body).toString());
    const bytes = Buffer.from(resource.ciphertext, "base64");
    for (const at of [0, 20, bytes.length - 17, bytes.length - 16, bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (bytes[at] ?? 0) ^ 1;
      const body = envelope(paid, { resource: { ciphertext: flipped.toString("base64") } });
      expect(readingOf(signed(body))).toBe("signature_invalid");
    }
    for (const cut of [0, 15, 16]) {
      const ciphertext = bytes.subarray(0, cut).toString("base64");
      expect(verify(signed(envelope(paid, { resource: { ciphertext } }))).ok).toBe(false);
    }
    expect(readingOf(signed(envelope(paid, { resource: { associated_data: "refund" } })))).toBe("signature_invalid");
    expect(readingOf(notice(paid, { key: apiV3Key.replace("0", "1") }))).toBe("signature_invalid");
  });

  test.each<[string, Facts]>([
    ["another merchant", { ...paid, mchid: "1900000110" }],
    ["no merchant", { ...paid, mchid: undefined }],
    ["a merchant as a number", { ...paid, mchid: 1900000109 }],
    ["another app", { ...paid, appid: "wx0000000000000000" }],
    ["no app", { ...paid, appid: undefined }],
    ["a partner's sub-merchant", { ...paid, sub_mchid: "1900000110" }],
    ["a partner", { ...paid, sp_mchid: "1900000109", sp_appid: "wxd678efh567hg6787" }],
  ])("when it speaks of %s", (_name, plaintext) => {
    expect(readingOf(notice(plaintext))).toBe("foreign_merchant");
  });

  test("when a refund speaks of another merchant or app", () => {
    const options = { eventType: "REFUND.SUCCESS" };

    expect(readingOf(notice({ ...refunded, mchid: "1900000110" }, options))).toBe("foreign_merchant");
    expect(readingOf(notice({ ...refunded, appid: "wx0000000000000000" }, options))).toBe("foreign_merchant");
    expect(readingOf(notice({ ...refunded, sub_mchid: "1900000110" }, options))).toBe("foreign_merchant");
  });

  test("when it is a combined order of somebody else", () => {
    const combined = { combine_mchid: "1900000109", combine_out_trade_no: "c1", sub_orders: [paid] };
    const theirs = [paid, { ...paid, mchid: "1900000110" }];

    expect(readingOf(notice({ ...combined, sub_orders: theirs }))).toBe("foreign_merchant");
    expect(readingOf(notice({ ...combined, combine_mchid: "1900000110" }))).toBe("foreign_merchant");
    expect(readingOf(notice({ ...paid, sub_orders: [] }))).toBe("foreign_merchant");
  });

  test.each<[string, Facts | string]>([
    ["no order number", { ...paid, out_trade_no: undefined }],
    ["an empty order number", { ...paid, out_trade_no: "" }],
    ["an order number with a space", { ...paid, out_trade_no: "p 1" }],
    ["an order number as a number", { ...paid, out_trade_no: 1 }],
    ["an order number as an array", { ...paid, out_trade_no: ["p_20261122_1"] }],
    ["no transaction", { ...paid, transaction_id: undefined }],
    ["an empty transaction", { ...paid, transaction_id: "" }],
    ["no state", { ...paid, trade_state: undefined }],
    ["no amount", { ...paid, amount: undefined }],
    ["an amount as text", { ...paid, amount: { total: "1990", currency: "CNY" } }],
    ["an amount in yuan", { ...paid, amount: { total: 19.9, currency: "CNY" } }],
    ["an amount of nothing", { ...paid, amount: { total: 0, currency: "CNY" } }],
    ["an amount below nothing", { ...paid, amount: { total: -1990, currency: "CNY" } }],
    ["an amount beyond all money", { ...paid, amount: { total: 1e20, currency: "CNY" } }],
    ["a currency in lower case", { ...paid, amount: { total: 1990, currency: "cny" } }],
    ["a currency that is null", { ...paid, amount: { total: 1990, currency: null } }],
    ["a day that no calendar has", { ...paid, success_time: "2026-02-30T12:00:06+08:00" }],
    ["a time without a zone", { ...paid, success_time: "2026-11-22T12:00:06" }],
    ["an amount said twice", JSON.stringify(paid).replace('"total":1990', '"total":1,"total":1990')],
    ["a merchant said twice in escapes", JSON.stringify(paid).replace("{", '{"\\u006dchid":"1900000110",')],
  ])("when its payment has %s", (_name, plaintext) => {
    const reading = readingOf(notice(plaintext));

    expect(["malformed", "signature_invalid"]).toContain(reading);
  });

  test.each<[string, Facts]>([
    ["no refund number", { ...refunded, out_refund_no: undefined }],
    ["no refund amount", { ...refunded, amount: { total: 1990 } }],
    ["more refunded than was paid", { ...refunded, amount: { total: 1990, refund: 1991 } }],
    ["a refund amount as text", { ...refunded, amount: { total: 1990, refund: "500" } }],
    ["no status", { ...refunded, refund_status: undefined }],
  ])("when its refund has %s", (_name, plaintext) => {
    expect(readingOf(notice(plaintext, { eventType: "REFUND.SUCCESS" }))).toBe("malformed");
  });
});

test("five hundred mutated plaintexts, signed and encrypted as WeChat would, never throw", () => {
  const below = randomFrom(7);
  const plain = Buffer.from(JSON.stringify(paid));
  for (let run = 0; run < 500; run += 1) {
    const text = Buffer.from(mutate(plain, below)).toString();
    const reading = readingOf(notice(text));
    if (typeof reading === "object") expect(reading.outTradeNo).toMatch(/^[\x21-\x7e]{1,64}$/);
  }
});

describe("an account", () => {
  function problemsOf(change: object): readonly string[] {
    const parsed = wechatV3.account.safeParse({ ...account, ...change });
    return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  }

  test("of the contract is accepted", () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ baseUrl: "https://api.mch.weixin.qq.com" })).toEqual([]);
    expect(new X509Certificate(platformCertificate).serialNumber).toBe(certificateSerial);
  });

  const weak = rsaKeys(1024);
  test.each<[string, object, string]>([
    ["a short key", { apiV3Key: "short" }, "apiV3Key"],
    ["no keys", { keys: {} }, "keys"],
    ["a key that is none", { keys: { [publicKeyId]: { type: "publicKey", pem: "hello" } } }, `keys.${publicKeyId}.pem`],
    ["a private key as a public one", { keys: { k: { type: "publicKey", pem: pkcs8(merchantKeys) } } }, "keys.k.pem"],
    ["a certificate as a public key", { keys: { k: { type: "publicKey", pem: platformCertificate } } }, "keys.k.pem"],
    [
      "a public key as a certificate",
      { keys: { AB: { type: "certificate", pem: spki(platformKeys) } } },
      "keys.AB.pem",
    ],
    ["a weak key", { keys: { k: { type: "publicKey", pem: spki(weak) } } }, "keys.k.pem"],
    [
      "a certificate under another serial",
      { keys: { AB: { type: "certificate", pem: platformCertificate } } },
      "keys.AB",
    ],
    [
      "one serial in two cases",
      {
        keys: {
          [certificateSerial]: { type: "certificate", pem: platformCertificate },
          [certificateSerial.toLowerCase()]: { type: "certificate", pem: platformCertificate },
        },
      },
      `keys.${certificateSerial.toLowerCase()}`,
    ],
    ["an unknown type", { keys: { k: { type: "sm2", pem: spki(platformKeys) } } }, "keys.k.type"],
    ["a public key as its private one", { merchantPrivateKey: spki(merchantKeys) }, "merchantPrivateKey"],
    ["a field too many", { secret: "s3cret" }, ""],
    ["no merchant", { mchid: undefined }, "mchid"],
  ])("with %s is a problem that names the field and no value", (_name, change, field) => {
    const problems = problemsOf(change);

    expect(problems).toHaveLength(1);
    expect(problems[0]?.split(": ")[0]).toBe(field);
    expect(problems.join()).not.toMatch(/BEGIN|short|hello|s3cret/);
  });
});
