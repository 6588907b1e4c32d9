import { describe, expect, test } from "vitest";
import { Aes, Hash, Transformer } from "wechatpay-axios-plugin";

import {
  type Fields,
  account,
  apiV2Key,
  encrypted,
  notice,
  paid,
  readingOf,
  refundNotice,
  refunded,
  request,
  signOf,
  signed,
  xml,
} from "./support/wechat-v2-notices.ts";
import { wechatV2 } from "../src/wechat-v2/index.ts";

const genuine = notice(paid);
const text = xml(signed(paid));

function without(name: string, fields: Fields = paid): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([given]) => given !== name));
}

function joined(fields: Fields): string {
  const names = Object.keys(fields).filter((name) => fields[name] !== "");
  return names
    .toSorted()
    .map((name) => `${name}=${fields[name]}`)
    .join("&");
}

describe("a genuine notice", () => {
  test("may leave the currency out", () => {
    expect(readingOf(notice(without("fee_type")))).toEqual(readingOf(genuine));
    expect(readingOf(notice({ ...paid, fee_type: "" }))).toEqual(readingOf(genuine));
  });

  test("may be written as plain text with entities, in empty elements, after a declaration", () => {
    const escaped = Object.entries(signed(paid)).map(([name, value]) => {
      const content = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
      return content === "" ? `<${name}/>` : `<${name}>${content}</${name}>`;
    });
    const body = `<?xml version="1.0" encoding="UTF-8"?>\r\n<xml>${escaped.join("")}</xml>\r\n`;

    expect(readingOf(request(body))).toEqual(readingOf(genuine));
  });

  test("may hold fields that nobody knows, as long as they are signed", () => {
    expect(readingOf(notice({ ...paid, something_new: "1" }))).toEqual(readingOf(genuine));
    expect(readingOf(request(text.replace("</xml>", "<something_new>1</something_new></xml>")))).toBe(
      "signature_invalid",
    );
  });

  test("needs no content type", () => {
    expect(readingOf({ ...genuine, headers: {} })).toEqual(readingOf(genuine));
    expect(readingOf({ ...genuine, headers: { "content-type": "text/xml; charset=utf-8" } })).toEqual(
      readingOf(genuine),
    );
  });

  test("of a failed attempt needs no transaction", () => {
    const failed = { ...without("transaction_id"), result_code: "FAIL", err_code: "BANKERROR" };

    expect(readingOf(notice(failed))).toMatchObject({
      status: "failed",
      rawStatus: "FAIL",
      outTradeNo: "p_20261122_1",
    });
  });

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
  ])("that states a trade_state means that: %s → %s", (trade_state, status) => {
    expect(readingOf(notice({ ...paid, trade_state }))).toMatchObject({ status, rawStatus: trade_state });
  });

  test("with an undocumented result is unknown", () => {
    expect(readingOf(notice({ ...paid, result_code: "MAYBE" }))).toMatchObject({ status: "unknown" });
  });
});

describe("what wechatpay-axios-plugin", () => {
  test("signs is read", () => {
    for (const type of ["MD5", "HMAC-SHA256"] as const) {
      const sign = Hash.sign(type, paid, apiV2Key);

      expect(readingOf(request(Transformer.toXml({ ...paid, sign })))).toEqual(readingOf(genuine));
    }
  });

  test("signs is what these tests sign", () => {
    expect(Hash.sign("MD5", paid, apiV2Key)).toBe(signOf(paid));
    expect(Hash.sign("HMAC-SHA256", paid, apiV2Key)).toBe(signOf(paid, "HMAC-SHA256"));
  });

  test("encrypts is read, and decrypts is what these tests encrypt", () => {
    const key = Hash.md5(apiV2Key);
    const plaintext = xml(refunded, "root");
    // Its own padding leaves out the last block where PKCS#7 has one: the text must not fill its blocks.
    const unaligned = Buffer.byteLength(plaintext) % 16 === 0 ? `${plaintext}\n` : plaintext;

    expect(Aes.AesEcb.decrypt(encrypted(unaligned), key)).toBe(unaligned);
    expect(readingOf(refundNotice(refunded, { req_info: Aes.AesEcb.encrypt(unaligned, key) }))).toEqual(
      readingOf(refundNotice(refunded)),
    );
  });
});

describe("a signature is refused", () => {
  test.each<[string, string]>([
    ["in lower case", signOf(paid).toLowerCase()],
    ["empty", ""],
    ["too short", signOf(paid).slice(1)],
    ["too long", `${signOf(paid)}0`],
    ["followed by a space", `${signOf(paid)} `],
    ["not hexadecimal", "G".repeat(32)],
    ["of wide characters", "\uFF10".repeat(32)],
    ["of another key", signOf(paid, "MD5", apiV2Key.replace("1", "2"))],
    ["of another key with HMAC-SHA256", signOf(paid, "HMAC-SHA256", apiV2Key.replace("1", "2"))],
    ["a SHA-256 cut to the length of an MD5", signOf(paid, "HMAC-SHA256").slice(0, 32)],
  ])("when it is %s", (_name, sign) => {
    expect(readingOf(request(xml({ ...paid, sign })))).toBe("signature_invalid");
  });

  test("when there is none", () => {
    expect(readingOf(request(xml(paid)))).toBe("signature_invalid");
  });

  test("when it is MD5 and the account has switched that off", () => {
    const strict = { ...account, allowMd5: false };

    expect(readingOf(genuine, strict)).toBe("signature_invalid");
    expect(readingOf(notice({ ...paid, sign_type: "HMAC-SHA256" }), strict)).toBe("signature_invalid");
    expect(readingOf(notice(paid, "HMAC-SHA256"), strict)).toEqual(readingOf(genuine));
  });

  test("when return_code says FAIL, for nothing is signed then", () => {
    expect(readingOf(request(xml({ return_code: "FAIL", return_msg: "签名失败" })))).toBe("signature_invalid");
    expect(readingOf(notice({ ...paid, return_code: "FAIL" }))).toBe("malformed");
    expect(readingOf(notice(without("return_code")))).toBe("malformed");
  });

  test("when its values were cut anew at the & of the shop's own text", () => {
    // A shop let the buyer write `attach`; the notice was of 0.01 yuan.
    const wanted = {
      mch_id: "10000100",
      out_trade_no: "p_9",
      result_code: "SUCCESS",
      return_code: "SUCCESS",
      time_end: "20261122120006",
      total_fee: "999900",
      transaction_id: "T9",
    };
    const attach = `a&${joined(wanted)}&zz=1`;
    const real: Fields = { ...paid, attach, total_fee: "1" };
    const rest = without("attach", without("appid", real));
    const cut = { ...wanted, appid: account.appid, attach: "a", zz: `1&${joined(rest)}` };

    expect(signOf(cut)).toBe(signOf(real));
    expect(readingOf(notice(real))).toMatchObject({ amountMinor: 1 });
    expect(readingOf(notice(cut))).toBe("signature_invalid");
  });
});

describe("XML is refused", () => {
  test.each<[string, string]>([
    ["empty", ""],
    ["JSON", "{}"],
    ["without a root", "<a>1</a>"],
    ["cut off", text.slice(0, -3)],
    ["two documents", text + text],
    ["followed by something", `${text}x`],
    ["with a byte order mark", `\uFEFF${text}`],
    ["with a DOCTYPE", `<!DOCTYPE xml>${text}`],
    ["with an entity", `<!DOCTYPE xml [<!ENTITY e "1990">]>${text.replace("<![CDATA[1990]]>", "&e;")}`],
    ["with an external entity", `<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]>${text}`],
    ["with an unknown entity", text.replace("<![CDATA[1990]]>", "&e;")],
    ["with a numbered entity", text.replace("<![CDATA[1990]]>", "199&#48;")],
    ["with a bare &", text.replace("<![CDATA[1990]]>", "19&90")],
    ["with a repeated element", text.replace("</xml>", "<total_fee>1990</total_fee></xml>")],
    ["with a repeated empty element", text.replace("</xml>", "<total_fee/></xml>")],
    ["with nesting", text.replace("<![CDATA[1990]]>", "<b>1990</b>")],
    ["with an attribute", text.replace("<total_fee>", '<total_fee a="1">')],
    ["with an attribute on the root", text.replace("<xml>", '<xml a="1">')],
    ["with a namespace", text.replaceAll("total_fee>", "a:total_fee>")],
    ["with a comment", text.replace("<xml>", "<xml><!-- -->")],
    ["with a comment in a value", text.replace("<![CDATA[1990]]>", "19<!-- -->90")],
    ["with a processing instruction", text.replace("<xml>", "<xml><?php ?>")],
    ["with another encoding", `<?xml version="1.0" encoding="GBK"?>${text}`],
    ["with XML 1.1", `<?xml version="1.1"?>${text}`],
    ["with two CDATA sections", text.replace("<![CDATA[1990]]>", "<![CDATA[19]]><![CDATA[90]]>")],
    ["with text and CDATA", text.replace("<![CDATA[1990]]>", "19<![CDATA[90]]>")],
    ["with space around CDATA", text.replace("<![CDATA[1990]]>", " <![CDATA[1990]]> ")],
    ["with text between elements", text.replace("<xml>", "<xml>x")],
    ["with a no-break space between elements", text.replace("<xml>", "<xml>\u00A0")],
    ["with an end of CDATA in a text", text.replace("<![CDATA[1990]]>", "1990]]>")],
    ["with a control character", text.replace("1990", "1990\u0000")],
    ["with a carriage return in a value", text.replace("1990", "1990\r")],
    ["with another closing tag", text.replace("</total_fee>", "</total_fees>")],
    ["with an unclosed CDATA", text.replace("1990]]>", "1990")],
    ["with a root in upper case", text.replaceAll("xml>", "XML>")],
    ["of too many elements", xml(Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`f${at}`, "1"])))],
  ])("when it is %s", (_name, body) => {
    expect(readingOf(request(body))).toBe("malformed");
  });

  test("at once, when it is long blank space that a careless pattern would walk through again and again", () => {
    const blank = " ".repeat(65_000);
    const started = performance.now();
    for (const body of [`${blank}x`, `<xml>${blank}x</xml>`, `x${blank}x`, `<xml><a>${blank}</a>${blank.slice(9)}`]) {
      expect(readingOf(request(body))).toBe("malformed");
    }

    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test("when its bytes are not UTF-8", () => {
    expect(readingOf(request(Buffer.from(text, "utf16le")))).toBe("malformed");
    expect(
      readingOf(request(Buffer.concat([Buffer.from("<xml><a>"), Buffer.from([0xff]), Buffer.from("</a></xml>")]))),
    ).toBe("malformed");
  });
});

describe("a genuinely signed notice is refused", () => {
  test.each<[string, Fields]>([
    ["another merchant", { ...paid, mch_id: "10000101" }],
    ["no merchant", without("mch_id")],
    ["another app", { ...paid, appid: "wx0000000000000000" }],
    ["no app", without("appid")],
    ["a partner's sub-merchant", { ...paid, sub_mch_id: "10000101" }],
  ])("when it speaks of %s", (_name, fields) => {
    expect(readingOf(notice(fields))).toBe("foreign_merchant");
  });

  test.each<[string, Fields]>([
    ["no order number", without("out_trade_no")],
    ["an empty order number", { ...paid, out_trade_no: "" }],
    ["an order number with a space", { ...paid, out_trade_no: "p 1" }],
    ["no transaction", without("transaction_id")],
    ["no result", without("result_code")],
    ["no amount", without("total_fee")],
    ["an amount in yuan", { ...paid, total_fee: "19.90" }],
    ["an amount of nothing", { ...paid, total_fee: "0" }],
    ["an amount below nothing", { ...paid, total_fee: "-1990" }],
    ["an amount with an exponent", { ...paid, total_fee: "1e3" }],
    ["an amount in wide digits", { ...paid, total_fee: "１９９０" }],
    ["an amount with a leading zero", { ...paid, total_fee: "01990" }],
    ["an amount with a space", { ...paid, total_fee: " 1990" }],
    ["an amount beyond all money", { ...paid, total_fee: "9".repeat(20) }],
    ["a currency in lower case", { ...paid, fee_type: "cny" }],
    ["a day that no calendar has", { ...paid, time_end: "20260230120006" }],
    ["a time in another form", { ...paid, time_end: "2026-11-22T12:00:06" }],
    ["a refund's number", { ...paid, refund_id: "50000408942018111907145868882" }],
  ])("when it has %s", (_name, fields) => {
    expect(readingOf(notice(fields))).toBe("malformed");
  });

  test("when its fields are named for JavaScript's objects", () => {
    for (const name of ["__proto__", "constructor", "toString"]) {
      const body = text.replace("</xml>", `<${name}>1</${name}></xml>`);
      expect(readingOf(request(body))).toBe("signature_invalid");
    }
  });
});

describe("a refund notice", () => {
  test("is read as what it claims, and marked as a hint that only asks for a query", () => {
    expect(wechatV2.hintsOfRefunds).toBe(true);
    expect(readingOf(refundNotice(refunded))).toEqual({
      eventType: "refund",
      eventKey: expect.stringMatching(/^1004400740201411220005820873\.refund_succeeded\.[0-9a-f]{16}$/),
      outTradeNo: "p_20261122_1",
      transactionId: "1004400740201411220005820873",
      amountMinor: 1990,
      currency: "CNY",
      status: "refund_succeeded",
      rawStatus: "SUCCESS",
      occurredAt: new Date("2026-11-22T16:30:00Z"),
      outRefundNo: "r_20261123_1",
      refundMinor: 500,
    });
  });

  test("has another key for each new claim", () => {
    const readings = ["SUCCESS", "CHANGE", "REFUNDCLOSE", "SOMETHING_NEW"].map((refund_status) =>
      readingOf(refundNotice({ ...refunded, refund_status })),
    );

    expect(readings.map((reading) => typeof reading === "object" && reading.status)).toEqual([
      "refund_succeeded",
      "refund_abnormal",
      "refund_closed",
      "unknown",
    ]);
    expect(new Set(readings.map((reading) => typeof reading === "object" && reading.eventKey)).size).toBe(4);
  });

  test.each<[string, Fields]>([
    ["text", { req_info: "hello" }],
    ["nothing", { req_info: "" }],
    ["made with another key", { req_info: encrypted(xml(refunded, "root"), apiV2Key.replace("1", "2")) }],
    ["not of whole blocks", { req_info: Buffer.alloc(17).toString("base64") }],
    ["zeroes", { req_info: Buffer.alloc(64).toString("base64") }],
    ["not flat XML", { req_info: encrypted("<root><a><b>1</b></a></root>") }],
    ["a payment's XML", { req_info: encrypted(xml(refunded)) }],
    ["with a DOCTYPE", { req_info: encrypted(`<!DOCTYPE root>${xml(refunded, "root")}`) }],
  ])("is refused when what is encrypted is %s", (_name, change) => {
    expect(readingOf(refundNotice(refunded, change))).toBe("signature_invalid");
  });

  test.each<[string, Fields]>([
    ["no refund number", without("out_refund_no", refunded)],
    ["no payment number", without("out_trade_no", refunded)],
    ["no amount", without("refund_fee", refunded)],
    ["more refunded than was paid", { ...refunded, refund_fee: "1991" }],
    ["no status", without("refund_status", refunded)],
    ["a day that no calendar has", { ...refunded, success_time: "2026-02-30 00:30:00" }],
  ])("is malformed with %s", (_name, fields) => {
    expect(readingOf(refundNotice(fields))).toBe("malformed");
  });

  test("of another merchant is refused, and so is a failed transport", () => {
    expect(readingOf(refundNotice(refunded, { mch_id: "10000101" }))).toBe("foreign_merchant");
    expect(readingOf(refundNotice(refunded, { appid: "wx0000000000000000" }))).toBe("foreign_merchant");
    expect(readingOf(refundNotice(refunded, { return_code: "FAIL" }))).toBe("malformed");
  });
});

describe("an account", () => {
  function problemsOf(change: object): readonly string[] {
    const parsed = wechatV2.account.safeParse({ ...account, ...change });
    return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  }

  test("of the contract is accepted", () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ allowMd5: false, baseUrl: "https://api.mch.weixin.qq.com" })).toEqual([]);
  });

  test.each<[string, object, string]>([
    ["a short key", { apiV2Key: "short" }, "apiV2Key"],
    ["a key of other characters", { apiV2Key: "茶".repeat(32) }, "apiV2Key"],
    ["no merchant", { mch_id: "" }, "mch_id"],
    ["a merchant as a number", { mch_id: 10000100 }, "mch_id"],
    ["a field too many", { mchid: "10000100" }, ""],
  ])("with %s is a problem that names the field and no value", (_name, change, field) => {
    const problems = problemsOf(change);

    expect(problems).toHaveLength(1);
    expect(problems[0]?.split(": ")[0]).toBe(field);
    expect(problems.join()).not.toMatch(/short|茶|10000100/);
  });
});
