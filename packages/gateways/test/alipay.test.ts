import { generateKeyPairSync } from "node:crypto";

import { AlipaySdk } from "alipay-sdk";
import { describe, expect, test } from "vitest";

import { alipayAccount } from "../src/alipay/account.ts";
import {
  account,
  alipayKeys,
  appKeys,
  check,
  formOf,
  noticeBody,
  paid,
  partRefund,
  pkcs8Pem,
  reasonOf,
  signedFields,
  spkiPem,
} from "./support/alipay-notices.ts";

const sdk = new AlipaySdk({
  appId: account.app_id,
  privateKey: pkcs8Pem,
  keyType: "PKCS8",
  alipayPublicKey: spkiPem,
});

/** 文 in GBK; TextEncoder writes UTF-8 only. */
const gbk: Readonly<Record<string, readonly number[]>> = { 中: [0xd6, 0xd0], 文: [0xce, 0xc4], 丗: [0x81, 0x7d] };
function toGbk(text: string): Buffer {
  return Buffer.from([...text].flatMap((character) => gbk[character] ?? [...Buffer.from(character)]));
}

describe("a forged or foreign notice is refused", () => {
  test.each(Object.entries(paid))("when %s was changed", (name, value) => {
    const fields = signedFields(paid);

    expect(reasonOf(check(formOf({ ...fields, [name]: `${value}1` })))).toBe("signature_invalid");
  });

  test.each(["app_id", "seller_id", "total_amount", "out_trade_no", "trade_no", "trade_status"])(
    "when %s is missing, signed or not",
    (name) => {
      const { [name]: _, ...rest } = paid as Readonly<Record<string, string>>;
      const { [name]: __, ...unsigned } = signedFields(paid) as Readonly<Record<string, string>>;

      expect(reasonOf(check(formOf(unsigned)))).toBe("signature_invalid");
      expect(reasonOf(check(noticeBody(rest)))).toBe(
        name === "app_id" || name === "seller_id" ? "foreign_merchant" : "malformed",
      );
      expect(reasonOf(check(noticeBody({ ...paid, [name]: "" })))).not.toBe("verified");
    },
  );

  test("without a signature, with an empty one, or with one of another key", () => {
    const { sign: _, ...unsigned } = signedFields(paid);
    const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;

    expect(reasonOf(check(formOf(unsigned)))).toBe("signature_invalid");
    expect(reasonOf(check(formOf({ ...unsigned, sign: "" })))).toBe("signature_invalid");
    expect(reasonOf(check(noticeBody(paid, { key: foreign })))).toBe("signature_invalid");
    expect(reasonOf(check(noticeBody(paid, { key: appKeys.privateKey })))).toBe("signature_invalid");
  });

  test("when the signature is spelt in another way", () => {
    const fields = signedFields(paid);
    const spareBits = `${fields.sign.slice(0, -3)}${fields.sign.endsWith("A==") ? "B" : "_"}==`;

    for (const sign of [`${fields.sign} `, `\n${fields.sign}`, fields.sign.replace(/=+$/, ""), spareBits]) {
      expect(reasonOf(check(formOf({ ...fields, sign })))).toBe("signature_invalid");
    }
  });
});

describe("the algorithm is RSA2 whatever the unsigned sign_type says", () => {
  test("SHA-1 is refused, though alipay-sdk takes it", () => {
    const fields = signedFields(paid, { algorithm: "RSA-SHA1", signType: "RSA" });

    expect(sdk.checkNotifySignV2(fields)).toBe(true);
    expect(reasonOf(check(formOf(fields)))).toBe("signature_invalid");
    expect(reasonOf(check(formOf({ ...fields, sign_type: "RSA2" })))).toBe("signature_invalid");
  });

  test.each(["RSA", "rsa2", "MD5", "none", "constructor", "__proto__", "toString", "RSA2 ", "SM2"])(
    "sign_type %s is refused and nothing is thrown",
    (sign_type) => {
      expect(reasonOf(check(formOf({ ...signedFields(paid), sign_type })))).toBe("signature_invalid");
    },
  );

  test("a missing sign_type changes nothing", () => {
    const { sign_type: _, ...rest } = signedFields(paid);

    expect(check(formOf(rest))).toEqual(check(noticeBody(paid)));
  });

  test("sign_type under the signature is a gateway message, not a trade notice", () => {
    const fields = signedFields(paid, { keepSignType: true });

    expect(sdk.checkNotifySignV2(fields)).toBe(true);
    expect(reasonOf(check(formOf(fields)))).toBe("signature_invalid");
  });
});

describe("a malformed notice is refused", () => {
  test.each([
    ["a repeated field", "&total_amount=19.90"],
    ["a repeated sign", "&sign=x"],
    ["a broken escape", "&x=%"],
    ["a half escape", "&x=%A"],
    ["an escape that is none", "&x=%zz"],
    ["an empty name", "&=1"],
    ["an empty pair", "&"],
    ["an odd name", "&a%26b=1"],
  ])("for %s", (_, tail) => {
    expect(reasonOf(check(Buffer.concat([noticeBody(paid), Buffer.from(tail)])))).toBe("malformed");
  });

  test("for a body that is empty, or has more fields than any notice", () => {
    const many = Array.from({ length: 300 }, (_, at) => `f${at}=1`).join("&");

    expect(reasonOf(check(Buffer.alloc(0)))).toBe("malformed");
    expect(reasonOf(check(Buffer.from(many)))).toBe("malformed");
  });

  test.each([
    "19.900",
    "1e3",
    "-1",
    "+19.90",
    " 19.90",
    "19.90 ",
    "19,90",
    "019.90",
    "0x10",
    "١٩",
    "",
    "19.90元",
    "NaN",
  ])("for the amount %j", (total_amount) => {
    expect(reasonOf(check(noticeBody({ ...paid, total_amount })))).toBe("malformed");
  });

  test.each([
    ["out_trade_no", "p 1"],
    ["out_trade_no", "p".repeat(65)],
    ["trade_no", "中"],
    ["trade_status", "成功"],
    ["gmt_payment", "2026-11-22T12:00:06Z"],
    ["gmt_payment", "2026-02-30 12:00:06"],
    ["refund_fee", "five"],
  ])("for the signed %s %j", (name, value) => {
    expect(reasonOf(check(noticeBody({ ...paid, [name]: value })))).toBe("malformed");
  });

  test("for a refund that was cut into the values before it, with the same signed text", () => {
    const closed = { ...partRefund, trade_status: "TRADE_CLOSED", refund_fee: "19.90" };
    const { refund_fee, gmt_refund, out_biz_no, ...rest } = signedFields(closed);
    const asCancelled = {
      ...rest,
      gmt_payment: `${rest.gmt_payment}&gmt_refund=${gmt_refund}`,
      notify_type: rest.notify_type,
      out_biz_no,
      receipt_amount: `${rest.receipt_amount}&refund_fee=${refund_fee}`,
    };

    expect(reasonOf(check(formOf(asCancelled)))).toBe("malformed");
  });

  test("for an amount that was cut out of the subject, the true one put away in a field of its own", () => {
    const { sign, ...small } = signedFields({
      ...paid,
      total_amount: "0.01",
      subject: "s&total_amount=9999.00&trade_no=7&trade_status=TRADE_SUCCESS&version=1.0&zz=",
    });
    const text = Object.entries(small)
      .filter(([name]) => name !== "sign_type")
      .map(([name, value]) => `${name}=${value}`)
      .toSorted()
      .join("&");
    const [shown = "", hidden = ""] = text.split("&zz=");
    const cutAnew = Object.fromEntries(
      shown
        .split(/&(?=[a-z_]+=)/)
        .map((field) => [field.slice(0, field.indexOf("=")), field.slice(field.indexOf("=") + 1)]),
    );

    expect(reasonOf(check(formOf({ ...cutAnew, zz: hidden, sign_type: "RSA2", sign })))).toBe("malformed");
  });

  test("for a subject that may hide whose money it is", () => {
    expect(reasonOf(check(noticeBody({ ...paid, subject: "s&seller_id=2088000000000009" })))).toBe("malformed");
  });

  test("but a subject that only looks like a field is text", () => {
    expect(check(noticeBody({ ...paid, subject: "a&total_amount=0.01&out_trade_no=p2" }))).toMatchObject({
      ok: true,
      notice: { amountMinor: 1990, outTradeNo: "p_20261122_1" },
    });
  });
});

describe("what a notice says", () => {
  test.each([
    [{ trade_status: "TRADE_FINISHED" }, "succeeded", "2026-11-22T04:00:06Z"],
    [{ trade_status: "trade_success" }, "succeeded", "2026-11-22T04:00:06Z"],
    [{ trade_status: "WAIT_BUYER_PAY" }, "processing", "2026-11-22T03:59:58Z"],
    [{ trade_status: "TRADE_CLOSED", gmt_close: "2026-11-22 12:30:00" }, "cancelled", "2026-11-22T04:30:00Z"],
    [{ trade_status: "TRADE_SUCCESS", refund_fee: "0.00" }, "succeeded", "2026-11-22T04:00:06Z"],
    [
      { trade_status: "TRADE_FINISHED", refund_fee: "5.00", gmt_refund: "2026-11-23 00:30:00" },
      "succeeded",
      "2026-11-22T04:00:06Z",
    ],
  ])("%j is %s", (change, status, at) => {
    expect(check(noticeBody({ ...paid, ...change }))).toMatchObject({
      ok: true,
      notice: { eventType: "payment", status, rawStatus: change.trade_status, occurredAt: new Date(at) },
    });
  });

  test.each(["TRADE_PENDING", "constructor", "__proto__", "NEW STATUS"])("the undocumented %s is unknown", (word) => {
    expect(check(noticeBody({ ...paid, trade_status: word }))).toMatchObject({
      ok: true,
      notice: { eventType: "payment", status: "unknown", rawStatus: word },
    });
  });

  test("a part refunded is a refund with the running total, never a second payment", () => {
    expect(check(noticeBody(partRefund))).toMatchObject({
      ok: true,
      notice: {
        eventType: "refund",
        status: "refund_succeeded",
        rawStatus: "TRADE_SUCCESS",
        outTradeNo: "p_20261122_1",
        transactionId: "2026112222001412345678901234",
        amountMinor: 1990,
        refundMinor: 500,
        outRefundNo: "r_1",
        occurredAt: new Date("2026-11-22T16:30:00.456Z"),
      },
    });
  });

  test("a trade closed by a full refund is a refund, never a cancellation", () => {
    const closed = {
      ...partRefund,
      trade_status: "TRADE_CLOSED",
      refund_fee: "19.90",
      gmt_close: "2026-11-23 00:30:01",
    };

    expect(check(noticeBody(closed))).toMatchObject({
      ok: true,
      notice: { eventType: "refund", status: "refund_succeeded", refundMinor: 1990, rawStatus: "TRADE_CLOSED" },
    });
  });

  test("a refund that does not say how much, or comes with another status, is unknown", () => {
    const { refund_fee: _, ...silent } = partRefund;
    const { out_biz_no: __, ...unnamed } = partRefund;
    const { gmt_refund: ___, ...untimed } = partRefund;

    expect(check(noticeBody(silent))).toMatchObject({ ok: true, notice: { eventType: "refund", status: "unknown" } });
    expect(check(noticeBody({ ...partRefund, trade_status: "WAIT_BUYER_PAY" }))).toMatchObject({
      ok: true,
      notice: { eventType: "refund", status: "unknown" },
    });
    expect(check(noticeBody(untimed))).toMatchObject({ ok: true, notice: { eventType: "refund", refundMinor: 500 } });
    expect(check(noticeBody(unnamed))).toMatchObject({ ok: true, notice: { eventType: "refund", refundMinor: 500 } });
  });

  test("a signed notice of something else has no seller to name", () => {
    const { seller_id, ...agreement } = { ...paid, notify_type: "dut_user_sign" };

    expect(check(noticeBody(agreement))).toMatchObject({ ok: true, notice: { eventType: "ignored" } });
    expect(reasonOf(check(noticeBody({ ...agreement, app_id: `${seller_id}0` })))).toBe("foreign_merchant");
  });

  test("a signed notice of something else is ignored, and known by its notify_id", () => {
    const other = check(noticeBody({ ...paid, notify_type: "fund_auth_freeze" }));
    const another = check(noticeBody({ ...paid, notify_type: "fund_auth_freeze", notify_id: "n2" }));

    expect(other).toMatchObject({ ok: true, notice: { eventType: "ignored", rawStatus: "fund_auth_freeze" } });
    expect(other.ok && another.ok && other.notice.eventKey !== another.notice.eventKey).toBe(true);
  });

  test.each([
    ["8.20", 820],
    ["19.9", 1990],
    ["100", 10_000],
    ["0.01", 1],
    ["999999999.99", 99_999_999_999],
  ])("%s yuan is %d fen", (total_amount, amountMinor) => {
    expect(check(noticeBody({ ...paid, total_amount }))).toMatchObject({ ok: true, notice: { amountMinor } });
  });

  test("an amount in a foreign currency says so", () => {
    expect(check(noticeBody({ ...paid, trans_currency: "USD" }))).toMatchObject({ notice: { currency: "USD" } });
  });

  test("empty values read as absent, whichever way they were signed", () => {
    const empty = { ...paid, refund_fee: "", gmt_refund: "", body: "" };

    for (const dropEmpty of [false, true]) {
      expect(check(noticeBody(empty, { dropEmpty }))).toEqual(check(noticeBody(paid)));
    }
  });
});

describe("charsets", () => {
  test("a GBK notice is verified over its own bytes, and read as GBK", () => {
    const options = { encode: toGbk };
    const body = noticeBody({ ...paid, charset: "GBK", subject: "中文丗", body: "中" }, options);

    expect(check(body)).toMatchObject({ ok: true, notice: { amountMinor: 1990, status: "succeeded" } });
    expect(reasonOf(check(noticeBody({ ...paid, charset: "GBK", trade_no: "中" }, options)))).toBe("malformed");
  });

  test("bytes that are none of the charset, and charsets that are none, are refused", () => {
    const lies = { ...paid, charset: "utf-8", subject: "中", body: "" };

    expect(reasonOf(check(noticeBody(lies, { encode: toGbk })))).toBe("malformed");
    for (const charset of ["constructor", "utf-7", "utf-16le", "latin1"]) {
      expect(reasonOf(check(noticeBody({ ...paid, charset })))).toBe("malformed");
    }
  });

  test("another spelling of the same bytes is the same notice", () => {
    const body = noticeBody(paid).toString();
    const respelt = body.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()).replaceAll("+", "%20");

    expect(respelt).not.toBe(body);
    expect(check(Buffer.from(respelt))).toEqual(check(Buffer.from(body)));
  });
});

describe("alipay-sdk reads the same notices", () => {
  test.each([
    ["paid", paid],
    ["a part refunded", partRefund],
    ["closed", { ...paid, trade_status: "TRADE_CLOSED" }],
    ["empty values, kept", { ...paid, body: "", subject: "" }],
  ])("%s", (_, fields) => {
    const signed = signedFields(fields);

    expect(sdk.checkNotifySignV2(signed)).toBe(true);
    expect(check(formOf(signed)).ok).toBe(true);
    expect(sdk.checkNotifySignV2({ ...signed, total_amount: "0.01" })).toBe(false);
  });

  test("what the SDK's own signer signs has the signed text that we check", () => {
    const signer = new AlipaySdk({
      appId: account.app_id,
      privateKey: alipayKeys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      keyType: "PKCS8",
      alipayPublicKey: spkiPem,
    });
    const request = new URLSearchParams(
      signer.sdkExecute("alipay.trade.query", { bizContent: { outTradeNo: "p1 & =%" } }),
    );
    const { sign, ...fields } = Object.fromEntries(request);
    const renamed = Object.fromEntries(Object.entries(fields).filter(([name]) => name !== "sign_type"));

    // Requests are signed with sign_type in; a notice is not. Both ways of ours agree with the SDK's.
    expect(signedFields(renamed, { keepSignType: true }).sign).toBe(sign);
    expect(sdk.checkNotifySignV2({ ...fields, sign })).toBe(true);
  });
});

describe("the account", () => {
  const bare = (pem: string) => pem.replaceAll(/-----[A-Z ]+-----|\s/g, "");
  const pkcs1Pem = appKeys.privateKey.export({ type: "pkcs1", format: "pem" }).toString();

  test("takes keys as PEM or as bare base64, and verifies with either", () => {
    for (const alipayPublicKey of [spkiPem, bare(spkiPem), ` ${spkiPem}\n`]) {
      for (const appPrivateKey of [pkcs8Pem, pkcs1Pem, bare(pkcs8Pem), bare(pkcs1Pem)]) {
        const read = alipayAccount.parse({ ...account, alipayPublicKey, appPrivateKey });

        expect(check(noticeBody(paid), {}, read).ok).toBe(true);
      }
    }
  });

  test.each([
    ["alipayPublicKey", "MIIBnotakey"],
    ["alipayPublicKey", pkcs8Pem],
    ["alipayPublicKey", generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }).toString()],
    ["appPrivateKey", spkiPem],
    ["appPrivateKey", ""],
    ["app_id", ""],
    ["seller_id", "2088 1"],
    ["baseUrl", "ftp://x"],
    ["extra", "x"],
  ])("names a wrong %s, and never its value", (field, value) => {
    const parsed = alipayAccount.safeParse({ ...account, [field]: value });
    const told = JSON.stringify(parsed.error?.issues);

    expect(parsed.success).toBe(false);
    expect(told).toContain(field);
    if (value.length > 8) expect(told).not.toContain(value.slice(0, 40));
  });

  test("with a key that is none refuses, should it ever get so far", () => {
    expect(reasonOf(check(noticeBody(paid), {}, { ...account, alipayPublicKey: "x" }))).toBe("signature_invalid");
  });
});
