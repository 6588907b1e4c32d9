import { constants, createHash, createHmac, sign } from "node:crypto";

import { describe, expect, test } from "vitest";

import {
  type Fields,
  account,
  clock,
  form,
  hexDigest,
  leafCert,
  leafKeys,
  leafWith,
  merchantKeys,
  middleCert,
  middleKeys,
  middleWith,
  notice,
  paid,
  readingOf,
  refunded,
  request,
  rootCert,
  rootKeys,
  rootWith,
  signed,
  signedText,
  unionpayName,
} from "./support/unionpay-notices.ts";
import { pkcs8, rsaKeys, spki } from "./support/wechat-v3-x509.ts";
import { unionpay } from "../src/unionpay/index.ts";

const genuine = notice(paid);
const text = form(signed(paid));
const strangerKeys = rsaKeys();

function without(name: string, fields: Fields = paid): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([given]) => given !== name));
}

describe("a genuine notice", () => {
  test.each(["04", "31"])("of a refund (%s) is read exactly", (txnType) => {
    expect(readingOf(notice({ ...refunded, txnType }))).toEqual({
      eventType: "refund",
      eventKey: expect.stringMatching(/^202611221200061516778\.refund_succeeded\.[0-9a-f]{16}$/),
      outTradeNo: "r20261123000001",
      transactionId: "202611221200061516778",
      amountMinor: 500,
      currency: "CNY",
      status: "refund_succeeded",
      rawStatus: "00",
      occurredAt: new Date("2026-11-22T16:30:00Z"),
      outRefundNo: "r20261123000001",
      refundMinor: 500,
    });
  });

  test.each(["02", "03", "11", "32"])("of a product that is not used (%s) is kept and named", (txnType) => {
    expect(readingOf(notice({ ...paid, txnType }))).toMatchObject({
      eventType: "ignored",
      outTradeNo: "p20261122000001",
      rawStatus: `txnType ${txnType} respCode 00`,
    });
    expect(readingOf(notice({ ...paid, txnType, merId: "777290058110049" }))).toBe("foreign_merchant");
  });

  test("of a refund names the payment's order when UnionPay repeats it", () => {
    expect(readingOf(notice({ ...refunded, origOrderId: "p20261122000001" }))).toMatchObject({
      outTradeNo: "p20261122000001",
      outRefundNo: "r20261123000001",
    });
  });

  test("in GBK is verified over its own bytes", () => {
    const respMsg = Buffer.from("b3c9b9a65b303030303030305d", "hex");
    const { reqReserved: _, ...rest } = paid;

    expect(readingOf(notice({ ...rest, encoding: "GBK", respMsg }))).toEqual(readingOf(genuine));
    expect(readingOf(notice({ ...rest, encoding: "UTF-8", respMsg }))).toBe("malformed");
  });

  test("may be escaped otherwise, as long as its values are the same", () => {
    const spaced = form(signed({ ...paid, respMsg: "成功 [0000000]" }));
    for (const body of [text.replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()), spaced.replaceAll("%20", "+")]) {
      expect(readingOf(request(body))).toEqual(readingOf(genuine));
    }
  });

  test("is read from the body alone, whatever the address says", () => {
    const path = "/callbacks/bank?respCode=05&shop=1";

    expect(readingOf({ ...genuine, path })).toEqual(readingOf(genuine));
  });

  test("needs no content type", () => {
    expect(readingOf({ ...genuine, headers: {} })).toEqual(readingOf(genuine));
  });

  test("may bring its certificate with other line ends", () => {
    expect(readingOf(notice({ ...paid, signPubKeyCert: leafCert.replaceAll("\n", "\r\n") }))).toEqual(
      readingOf(genuine),
    );
  });

  test("may be signed by a second leaf around a rotation", () => {
    const keys = rsaKeys();
    const signPubKeyCert = leafWith({ serial: "4000370694", keys });

    expect(readingOf(notice({ ...paid, signPubKeyCert }, keys.privateKey))).toEqual(readingOf(genuine));
  });

  test.each([
    ["00", "succeeded"],
    ["A6", "succeeded"],
    ["03", "processing"],
    ["04", "processing"],
    ["05", "processing"],
    ["01", "failed"],
    ["12", "failed"],
    ["34", "failed"],
    ["77", "failed"],
    ["ZZ", "failed"],
  ])("with answer code %s means %s", (respCode, status) => {
    expect(readingOf(notice({ ...paid, respCode }))).toMatchObject({ status, rawStatus: respCode });
    expect(readingOf(notice({ ...refunded, respCode }))).toMatchObject({
      status: `refund_${status}`,
      rawStatus: respCode,
    });
  });

  test("of a failed attempt needs no queryId", () => {
    expect(readingOf(notice({ ...without("queryId"), respCode: "77" }))).toMatchObject({ status: "failed" });
  });

  test.each([
    ["20261231235958", "0101000006", "2026-12-31T16:00:06Z"],
    ["20270101000001", "1231235959", "2026-12-31T15:59:59Z"],
    ["20261122115958", "1122120006", "2026-11-22T04:00:06Z"],
    ["20280228235958", "0229000006", "2028-02-28T16:00:06Z"],
  ])("ordered at %s and traced at %s happened at %s", (txnTime, traceTime, instant) => {
    expect(readingOf(notice({ ...paid, txnTime, traceTime }))).toMatchObject({ occurredAt: new Date(instant) });
  });

  test("without a traceTime happened at its order time", () => {
    expect(readingOf(notice(without("traceTime")))).toMatchObject({ occurredAt: new Date("2026-11-22T03:59:58Z") });
  });
});

describe("a signature is refused", () => {
  test("when it is empty, absent, cut or spelt otherwise", () => {
    const { signature } = signed(paid);
    const given = String(signature);
    for (const other of ["", given.slice(0, -4), given.replace(/=+$/, ""), `${given}=`, ` ${given}`, `${given}\n`]) {
      expect(readingOf(request(form({ ...paid, signature: other })))).toBe("signature_invalid");
    }
    expect(readingOf(request(form(paid)))).toBe("signature_invalid");
  });

  test.each<[string, (fields: Fields) => string]>([
    ["over the text, not its digest", (fields) => rsa("RSA-SHA256", signedText(fields))],
    ["over the digest in upper case", (fields) => rsa("RSA-SHA256", Buffer.from(hexDigest(fields).toUpperCase()))],
    ["over the digest's bytes", (fields) => rsa("RSA-SHA256", Buffer.from(hexDigest(fields), "hex"))],
    ["with SHA-1", (fields) => rsa("RSA-SHA1", Buffer.from(hexDigest(fields)))],
    ["with SHA-1 twice, as 5.0.0", (fields) => rsa("RSA-SHA1", Buffer.from(sha1(signedText(fields))))],
    ["with PSS", (fields) => rsa("RSA-SHA256", Buffer.from(hexDigest(fields)), constants.RSA_PKCS1_PSS_PADDING)],
    ["without the certificate", (fields) => String(signed(without("signPubKeyCert", fields))["signature"])],
    ["a keyed digest", (fields) => createHmac("sha256", leafCert).update(signedText(fields)).digest("base64")],
  ])("when it was made %s", (_name, make) => {
    expect(readingOf(request(form({ ...paid, signature: make(paid) })))).toBe("signature_invalid");
  });

  test.each<[string, Fields]>([
    ["version 5.0.0", { ...paid, version: "5.0.0" }],
    ["no version", without("version")],
    ["sign method 11", { ...paid, signMethod: "11" }],
    ["sign method 12", { ...paid, signMethod: "12" }],
    ["no sign method", without("signMethod")],
    ["no certificate", without("signPubKeyCert")],
  ])("with %s, though signed by the right key", (_name, fields) => {
    expect(readingOf(notice(fields))).toBe("signature_invalid");
  });

  test("when a value was cut anew at the & of the shop's own text", () => {
    // A shop let the buyer write `reqReserved`; the payment had failed, and its browser form was seen.
    const wanted = { ...without("reqReserved"), respCode: "00" };
    const names = Object.keys(wanted)
      .filter((name) => name > "reqReserved")
      .toSorted();
    const tail = (fields: Fields) => names.map((name) => `${name}=${String(fields[name])}`).join("&");
    const real: Fields = { ...paid, respCode: "77", reqReserved: `a&${tail(wanted)}&zz=1` };
    const cut: Fields = { ...wanted, reqReserved: "a", zz: `1&${tail(real)}` };

    expect(signedText(cut).equals(signedText(real))).toBe(true);
    expect(readingOf(notice(real))).toMatchObject({ status: "failed" });
    expect(readingOf(notice(cut))).toBe("signature_invalid");
  });
});

function rsa(algorithm: string, bytes: Buffer, padding = constants.RSA_PKCS1_PADDING): string {
  return sign(algorithm, bytes, { key: leafKeys.privateKey, padding }).toString("base64");
}

function sha1(bytes: Buffer): string {
  return createHash("sha1").update(bytes).digest("hex");
}

describe("a certificate is refused", () => {
  const early = new Date("2026-11-22T04:00:00Z");
  const late = new Date("2026-11-22T04:00:20Z");

  test.each<[string, string]>([
    ["nothing", "x"],
    ["a public key", spki(leafKeys)],
    ["two certificates", leafCert + leafCert],
    ["a certificate after other text", `hello\n${leafCert}`],
    ["too long", `${leafCert}${"\n".repeat(20_000)}`],
    ["self-signed under the same names", leafWith({ issuerKeys: leafKeys })],
    ["signed by a stranger in the middle's name", leafWith({ issuerKeys: strangerKeys })],
    ["issued by another name", leafWith({ issuer: "CFCA ACS OCA32" })],
    ["issued by the root", leafWith({ issuer: "CFCA CS CA", issuerKeys: rootKeys })],
    ["an authority", leafWith({ isAuthority: true })],
    ["expired", leafWith({ to: early })],
    ["not yet valid", leafWith({ from: late })],
    ["a merchant's", leafWith({ subject: ["041@Z2026@某某商户@00000001"] })],
    ["one whose name begins like UnionPay's", leafWith({ subject: [`041@1@${unionpayName}分公司@1`] })],
    ["one with UnionPay's name in another part", leafWith({ subject: [`041@${unionpayName}@某某商户@1`] })],
    ["one with UnionPay's name alone", leafWith({ subject: [unionpayName] })],
    ["the test system's", leafWith({ subject: ["041@Z12@00040000:SIGN@00000062"] })],
    ["one with two common names", leafWith({ subject: [`041@1@${unionpayName}@1`, "041@1@某某商户@1"] })],
    ["one with no name", leafWith({ subject: [] })],
    ["of a weak key", leafWith({ keys: rsaKeys(1024) })],
  ])("when it is %s", (_name, signPubKeyCert) => {
    expect(readingOf(notice({ ...paid, signPubKeyCert }))).toBe("signature_invalid");
  });

  test("when it is the middle's own, or the merchant's, though it signed", () => {
    expect(readingOf(notice({ ...paid, signPubKeyCert: middleCert }, middleKeys.privateKey))).toBe("signature_invalid");
    expect(readingOf(notice({ ...paid, signPubKeyCert: account.signCert }, merchantKeys.privateKey))).toBe(
      "signature_invalid",
    );
  });

  test("when its authorities are expired, not yet valid, or of another root", () => {
    for (const change of [{ to: early }, { from: late }, { issuerKeys: strangerKeys }, { issuer: "CFCA CT CA" }]) {
      expect(readingOf(genuine, { ...account, middleCert: middleWith(change) })).toBe("signature_invalid");
    }
    for (const change of [{ to: early }, { from: late }, { keys: strangerKeys }, { subject: ["CFCA CT CA"] }]) {
      expect(readingOf(genuine, { ...account, rootCert: rootWith(change) })).toBe("signature_invalid");
    }
    expect(readingOf(genuine, { ...account, rootCert: middleCert, middleCert: rootCert })).toBe("signature_invalid");
  });

  test("when it has expired since it was last seen", () => {
    expect(readingOf(genuine)).toMatchObject({ status: "succeeded" });

    const at = (instant: string) => ({ ...clock, now: new Date(instant) });
    expect(readingOf(genuine, account, at("2029-01-01T00:00:01Z"))).toBe("signature_invalid");
    expect(readingOf(genuine, account, at("2023-12-31T23:59:59Z"))).toBe("signature_invalid");
    expect(readingOf(genuine)).toMatchObject({ status: "succeeded" });
  });

  test("when another account names another company, though the chain was found good before", () => {
    expect(readingOf(genuine, { ...account, unionpayName: "00040000:SIGN" })).toBe("signature_invalid");
    const signPubKeyCert = leafWith({ subject: ["041@Z12@00040000:SIGN@00000062"] });
    expect(readingOf(notice({ ...paid, signPubKeyCert }), { ...account, unionpayName: "00040000:SIGN" })).toMatchObject(
      {
        status: "succeeded",
      },
    );
  });

  test("no more than a few are remembered, and all the same are verified", () => {
    for (let serial = 1; serial <= 40; serial += 1) {
      const signPubKeyCert = leafWith({ serial: (0x1000 + serial).toString(16) });
      expect(readingOf(notice({ ...paid, signPubKeyCert }))).toMatchObject({ status: "succeeded" });
    }
    expect(readingOf(genuine)).toMatchObject({ status: "succeeded" });
  });
});

describe("a form is refused", () => {
  test.each<[string, string]>([
    ["empty", ""],
    ["JSON", "{}"],
    ["of a repeated field", `${text}&txnAmt=1990`],
    ["of a repeated empty field", `${text}&txnAmt=`],
    ["of a field without =", `${text}&x`],
    ["of a field without a name", `${text}&=1`],
    ["with an escaped name", text.replace("txnAmt=", "txn%41mt=")],
    ["with a name that is two by another parser", text.replace("txnAmt=", "txnAmt[]=")],
    ["with a broken escape", text.replace("txnAmt=", "txnAmt=%x")],
    ["with half an escape", `${text}&x=%4`],
    ["with unescaped bytes", text.replace("txnAmt=", "txnAmt=茶")],
    ["with a line end", `${text}\r\n`],
    ["with a name of JavaScript's", `${text}&__proto__=1`],
    ["in an unknown charset", form(signed({ ...paid, encoding: "GB2312" }))],
    ["in UTF-7", form(signed({ ...paid, encoding: "UTF-7" }))],
    ["without a charset", form(signed(without("encoding")))],
    ["with bytes that are not UTF-8", form(signed({ ...paid, respMsg: Buffer.from([0xff]) }))],
    ["of too many fields", `${text}${Array.from({ length: 200 }, (_, at) => `&f${at}=1`).join("")}`],
  ])("when it is %s", (_name, body) => {
    expect(readingOf(request(body))).toBe("malformed");
  });
});

describe("a genuinely signed notice is refused", () => {
  test.each<[string, Fields]>([
    ["no order number", without("orderId")],
    ["an order number with a dash", { ...paid, orderId: "p-20261122000001" }],
    ["a short order number", { ...paid, orderId: "p1" }],
    ["no queryId", without("queryId")],
    ["no answer code", without("respCode")],
    ["a longer answer code", { ...paid, respCode: "0000000" }],
    ["no amount", without("txnAmt")],
    ["an amount in yuan", { ...paid, txnAmt: "19.90" }],
    ["an amount of nothing", { ...paid, txnAmt: "0" }],
    ["an amount below nothing", { ...paid, txnAmt: "-1990" }],
    ["an amount with an exponent", { ...paid, txnAmt: "1e3" }],
    ["an amount in wide digits", { ...paid, txnAmt: "１９９０" }],
    ["an amount of 13 digits", { ...paid, txnAmt: "0000000001990" }],
    ["another currency", { ...paid, currencyCode: "840" }],
    ["no currency", without("currencyCode")],
    ["no order time", without("txnTime")],
    ["a day that no calendar has", { ...paid, txnTime: "20260230115958" }],
    ["a trace time that no calendar has", { ...paid, traceTime: "0230120006" }],
    ["a longer trace time", { ...paid, traceTime: "20261122120006" }],
    ["the type of a query", { ...paid, txnType: "00", origRespCode: "00" }],
    ["the type of a query", { ...paid, txnType: "00" }],
    ["no type", without("txnType")],
  ])("when it has %s", (_name, fields) => {
    expect(readingOf(notice(fields))).toBe("malformed");
  });
});

describe("an account", () => {
  function problemsOf(change: object): readonly string[] {
    const parsed = unionpay.account.safeParse({ ...account, ...change });
    return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  }

  test("of the contract is accepted", () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ unionpayName: "00040000:SIGN", baseUrl: "https://gateway.test.95516.com" })).toEqual([]);
  });

  test.each<[string, object, string]>([
    ["a root that is none", { rootCert: "hello" }, "rootCert"],
    ["a middle of another root", { middleCert: middleWith({ issuerKeys: strangerKeys }) }, "middleCert"],
    ["a middle that is no authority", { middleCert: middleWith({ isAuthority: false }) }, "middleCert"],
    ["root and middle exchanged", { rootCert: middleCert, middleCert: rootCert }, "middleCert"],
    ["another key than its certificate's", { signPrivateKey: pkcs8(strangerKeys) }, "signPrivateKey"],
    ["a public key as its private one", { signPrivateKey: spki(merchantKeys) }, "signPrivateKey"],
    ["a weak certificate", { signCert: leafWith({ keys: rsaKeys(1024) }) }, "signCert"],
    ["a whole common name", { unionpayName: `041@1@${unionpayName}@1` }, "unionpayName"],
    ["a short merchant", { merId: "777" }, "merId"],
    ["a field too many", { secret: "s3cret" }, ""],
  ])("with %s is a problem that names the field and no value", (_name, change, field) => {
    const problems = problemsOf(change);

    expect(problems).toHaveLength(1);
    expect(problems[0]?.split(": ")[0]).toBe(field);
    expect(problems.join()).not.toMatch(/BEGIN|hello|s3cret|777|银联/);
  });
});
