import { buffer, text } from "node:stream/consumers";

import { Decimal } from "@zhanggui/domain";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Hash, Transformer } from "wechatpay-axios-plugin";

import { wechatV2 } from "../src/wechat-v2/index.ts";
import { type GatewayServer, startGateway } from "./support/gateway-server.ts";
import {
  type Fields,
  account as incoming,
  apiV2Key,
  notice,
  paid,
  readingOf,
  signOf,
  signed,
  xml,
} from "./support/wechat-v2-notices.ts";

const { calls } = wechatV2;
const now = new Date("2026-11-22T04:00:10Z");
const outside = { fetch, now: () => now };
const outTradeNo = "p_20261122_1";
const outRefundNo = "r_20261123_1";
const paying = {
  outTradeNo,
  amount: new Decimal("19.9"),
  currency: "CNY",
  subject: "龙井 & <二两> ]]>",
  notifyUrl: "https://shop.test/callbacks/wechat",
  expiresAt: new Date("2026-11-22T16:29:00.900Z"),
  startedAt: now,
  returnUrl: "https://shop.test/orders/1",
};

let gateway: GatewayServer;
let account: typeof incoming;
beforeAll(async () => {
  gateway = await startGateway();
  account = { ...incoming, baseUrl: gateway.url };
});
afterAll(() => gateway.stop());

const pay = () => calls.pay(account, paying, outside);
const query = () => calls.query(account, paying, outside);
const close = () => calls.close(account, paying, outside);
const refunding = {
  ...paying,
  transactionId: "1",
  outRefundNo,
  refundAmount: paying.amount,
  reason: "",
  requestedAt: now,
};
const refundQuery = () => calls.refundQuery(account, refunding, outside);
const statement = () => calls.statement(account, "2026-11-21", outside);

const ours: Fields = {
  return_code: "SUCCESS",
  return_msg: "OK",
  appid: incoming.appid,
  mch_id: incoming.mch_id,
  nonce_str: "5d2b6c2a8db53831f7eda20af46e531c",
  result_code: "SUCCESS",
};
const codeUrl = "weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00";
const created: Fields = { ...ours, code_url: codeUrl, prepay_id: "wx1", trade_type: "NATIVE" };
const found: Fields = { ...paid, trade_state: "SUCCESS" };
const refundFound: Fields = {
  ...ours,
  out_trade_no: outTradeNo,
  refund_count: "1",
  out_refund_no_0: outRefundNo,
  refund_id_0: "50000408942018111907145868882",
  refund_fee_0: "500",
  refund_status_0: "SUCCESS",
};
const everyCall = [
  ["pay", pay, created],
  ["query", query, found],
  ["close", close, ours],
  ["refundQuery", refundQuery, refundFound],
] as const;

type Heard = { readonly url: string; readonly body: string };

function serve(body: string | Uint8Array, status = 200): Heard[] {
  const heard: Heard[] = [];
  gateway.handle(async (request, response) => {
    expect(request.method).toBe("POST");
    heard.push({ url: request.url ?? "", body: await text(request) });
    response.writeHead(status, { "content-type": "text/xml" });
    response.end(body);
  });
  return heard;
}

function answer(fields: Fields, type: "MD5" | "HMAC-SHA256" = "HMAC-SHA256"): Heard[] {
  return serve(xml(signed(fields, type)));
}

function refuse(code: string): Heard[] {
  return answer({ ...ours, result_code: "FAIL", err_code: code, err_code_des: "不行" });
}

/** What was sent, as wechatpay-axios-plugin reads it. */
function fieldsOf(heard: readonly Heard[]): Fields {
  return Transformer.toObject(heard[0]?.body ?? "") as Fields;
}

describe.each(everyCall)("an answer to %s is unknown", (_, call, words) => {
  test.each([
    ["not signed", xml(words)],
    ["signed with another key", xml(signed(words, "HMAC-SHA256", "another-key-of-thirty-two-letters"))],
    ["changed after signing", xml({ ...signed(words), nonce_str: "0" })],
    ["with a field added", xml({ ...signed(words), extra: "1" })],
    ["signed in lower case", xml({ ...words, sign: signOf(words).toLowerCase() })],
    ["of another merchant", xml(signed({ ...words, mch_id: "10000101" }))],
    ["of another app", xml(signed({ ...words, appid: "wx0" }))],
    ["of a partner's merchant", xml(signed({ ...words, sub_mch_id: "10000100" }))],
    ["a failure to hear", xml({ return_code: "FAIL", return_msg: "签名失败" })],
    ["a signed failure to hear", xml(signed({ ...words, return_code: "FAIL" }))],
    ["a failure without a word", xml(signed({ ...words, result_code: "FAIL" }))],
    ["without a result", xml(signed({ ...words, result_code: "" }))],
    ["with a document type", `<!DOCTYPE xml [<!ENTITY a "b">]>${xml(signed(words))}`],
    ["with a field said twice", xml(signed(words)).replace("</xml>", "<appid>1</appid></xml>")],
    ["JSON", JSON.stringify(signed(words))],
    ["empty", ""],
  ])("when it is %s", async (__, body) => {
    serve(body);

    expect(await call()).toMatchObject({ kind: "unknown", why: expect.any(String) });
  });

  test.each(["SYSTEMERROR", "SIGNERROR", "FREQUENCY_LIMITED", "A_NEW_WORD", "constructor"])(
    "when WeChat says, signed, %s",
    async (code) => {
      refuse(code);

      expect(await call()).toMatchObject({ kind: "unknown", why: expect.stringContaining(code) });
    },
  );

  test.each(["ORDERNOTEXIST", "ORDERPAID", "ORDERCLOSED", "REFUNDNOTEXIST"])("when %s is not signed", async (code) => {
    serve(xml({ ...ours, result_code: "FAIL", err_code: code }));

    expect(await call()).toMatchObject({ kind: "unknown" });
  });

  test("when its status is not 200, although it is signed", async () => {
    serve(xml(signed(words)), 500);

    expect(await call()).toMatchObject({ kind: "unknown" });
  });

  test("when nobody is there or the address is none", async () => {
    const original = account;
    try {
      for (const baseUrl of ["http://127.0.0.1:1", "nowhere"]) {
        account = { ...original, baseUrl };
        expect(await call()).toMatchObject({ kind: "unknown" });
      }
    } finally {
      account = original;
    }
  });

  test("unless it is signed, with either algorithm", async () => {
    for (const type of ["MD5", "HMAC-SHA256"] as const) {
      answer(words, type);
      expect((await call()).kind).not.toBe("unknown");
    }
  });

  test("when MD5 signed it and the account has switched that off", async () => {
    answer(words, "MD5");
    const original = account;
    try {
      account = { ...original, allowMd5: false };
      expect(await call()).toMatchObject({ kind: "unknown" });
    } finally {
      account = original;
    }
  });

  test("and it was asked once, signed with HMAC-SHA256 as wechatpay-axios-plugin signs", async () => {
    const heard = serve("");

    await call();

    expect(heard).toHaveLength(1);
    const { sign, ...fields } = fieldsOf(heard);
    expect(fields).toMatchObject({ appid: incoming.appid, mch_id: incoming.mch_id, sign_type: "HMAC-SHA256" });
    expect(sign).toBe(Hash.sign("HMAC-SHA256", fields, apiV2Key));
  });
});

test("a silent WeChat is unknown after five seconds", async () => {
  const hanging: (() => void)[] = [];
  gateway.handle((_, response) => void hanging.push(() => response.end()));
  const started = performance.now();

  expect(await query()).toMatchObject({ kind: "unknown" });

  expect(performance.now() - started).toBeGreaterThan(4_900);
  expect(performance.now() - started).toBeLessThan(7_000);
  for (const end of hanging) end();
}, 10_000);

test("a call is always possible, and goes to WeChat itself unless the account says where", async () => {
  const asked: string[] = [];
  const listening: typeof fetch = async (input) => {
    asked.push(new Request(input).url);
    return new Response("");
  };

  await calls.query(incoming, { ...paying, outTradeNo: "p_1" }, { ...outside, fetch: listening });
  await calls.close(
    { ...incoming, baseUrl: "https://proxy.test/wx/" },
    { ...paying, outTradeNo: "p_1" },
    { ...outside, fetch: listening },
  );

  expect(calls.isCallable(incoming)).toBe(false);
  expect(calls.isCallable({ ...incoming, baseUrl: "https://proxy.test" })).toBe(true);
  expect(asked).toEqual(["https://api.mch.weixin.qq.com/pay/orderquery", "https://proxy.test/wx/pay/closeorder"]);
});

describe("pay", () => {
  test.each(["", "javascript:alert(1)", "file:///etc/passwd", "/relative"])(
    "with %j for a code is unknown",
    async (code_url) => {
      answer({ ...created, code_url });

      expect(await pay()).toMatchObject({ kind: "unknown" });
    },
  );

  test("with a merchant hidden in the code is unknown", async () => {
    const genuine = signed(created);
    const { mch_id, ...others } = genuine;
    serve(xml({ ...others, code_url: `${codeUrl}&mch_id=${mch_id}` }));

    expect(await pay()).toMatchObject({ kind: "unknown" });
  });

  test.each(["0", "19.905", "NaN"])("of %s yuan is not asked", async (amount) => {
    const heard = answer(created);

    expect(await calls.pay(account, { ...paying, amount: new Decimal(amount) }, outside)).toMatchObject({
      kind: "refused",
    });
    expect(heard).toEqual([]);
  });

  test("asks for whole fen until a time of Beijing and shows the code", async () => {
    const heard = answer(created);

    expect(await pay()).toEqual({ kind: "created", action: { type: "qr", url: codeUrl } });
    expect(heard).toMatchObject([{ url: "/pay/unifiedorder" }]);
    expect(fieldsOf(heard)).toMatchObject({
      trade_type: "NATIVE",
      body: "龙井 & <二两> ]]>",
      out_trade_no: outTradeNo,
      product_id: outTradeNo,
      total_fee: "1990",
      fee_type: "CNY",
      time_expire: "20261123002900",
      notify_url: "https://shop.test/callbacks/wechat",
      spbill_create_ip: "127.0.0.1",
    });
  });

  test("writes no markup of the subject's", async () => {
    const heard = answer(created);

    await calls.pay(account, { ...paying, subject: "</body><total_fee>1</total_fee><body>\u0000&amp;" }, outside);

    expect(heard[0]?.body.match(/<total_fee>/g)).toHaveLength(1);
    expect(heard[0]?.body).toContain("&lt;/body&gt;&lt;total_fee&gt;1&lt;/total_fee&gt;&lt;body&gt; &amp;amp;");
  });
});

describe("query", () => {
  test.each([
    ["another payment", { out_trade_no: "p_20261122_2" }],
    ["no state, although the call itself went well", { trade_state: "" }],
    ["a success without a transaction", { transaction_id: "" }],
    ["a success without an amount", { total_fee: "" }],
    ["a hostile amount", { total_fee: "19.90" }],
    ["a refund", { out_refund_no: outRefundNo }],
    ["a field within a field", { bank_type: "CFT&total_fee=1" }],
  ])("that answers of %s is unknown", async (_, change) => {
    answer({ ...found, ...change });

    expect(await query()).toMatchObject({ kind: "unknown" });
  });

  test("that is refused with a signed ORDERNOTEXIST is not found", async () => {
    refuse("ORDERNOTEXIST");

    expect(await query()).toEqual({ kind: "not_found" });
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
  ])("that says %s is a notice of %s", async (trade_state, status) => {
    answer({ ...found, trade_state });

    expect(await query()).toMatchObject({
      kind: "found",
      notice: { outTradeNo, amountMinor: 1990, currency: "CNY", status, rawStatus: trade_state },
    });
  });

  test("of what nobody paid needs no more than its number and its state", async () => {
    answer({ ...ours, out_trade_no: outTradeNo, trade_state: "USERPAYING", total_fee: "" });

    expect(await query()).toMatchObject({
      kind: "found",
      notice: { status: "processing", rawStatus: "USERPAYING", amountMinor: 0 },
    });
  });

  test("says the same event as the notice of the same fact", async () => {
    answer(found);

    expect(await query()).toEqual({ kind: "found", notice: readingOf(notice(paid)) });
  });
});

describe("close", () => {
  test.each([
    ["ORDERPAID", "paid"],
    ["ORDERCLOSED", "closed"],
    ["ORDERNOTEXIST", "not_found"],
  ])("that is refused with a signed %s is %s", async (code, kind) => {
    refuse(code);

    expect(await close()).toEqual({ kind });
  });

  test.each([
    ["a payment's", created],
    ["a query's", found],
    ["a refund's", refundFound],
    ["another payment's", { ...ours, out_trade_no: "p_2" }],
  ])("is not believed from %s signed answer", async (_, fields) => {
    answer(fields);

    expect(await close()).toMatchObject({ kind: "unknown" });
  });

  test("that is done is closed", async () => {
    const heard = answer(ours);

    expect(await close()).toEqual({ kind: "closed" });
    expect(heard).toMatchObject([{ url: "/pay/closeorder" }]);
  });
});

describe("refund", () => {
  test("is never asked for without the merchant's certificate, and says so", async () => {
    const heard = answer(ours);

    expect(await calls.refund(account, refunding, outside)).toMatchObject({
      kind: "unknown",
      why: expect.stringContaining("mutual TLS"),
    });
    expect(heard).toEqual([]);
  });

  test.each([
    ["SUCCESS", "refund_succeeded"],
    ["PROCESSING", "refund_processing"],
    ["CHANGE", "refund_abnormal"],
    ["REFUNDCLOSE", "refund_closed"],
  ])("that is %s is found as %s", async (status, means) => {
    answer({ ...refundFound, refund_status_0: status });

    expect(await refundQuery()).toEqual({
      kind: "found",
      status: means,
      refundId: "50000408942018111907145868882",
    });
  });

  test("is found among others by its number", async () => {
    const two = { out_refund_no_0: "r_1", out_refund_no_1: outRefundNo, refund_id_1: "51", refund_status_1: "CHANGE" };
    answer({ ...refundFound, ...two, refund_count: "2" });

    expect(await refundQuery()).toEqual({ kind: "found", status: "refund_abnormal", refundId: "51" });
  });

  test("that WeChat does not know is not found", async () => {
    refuse("REFUNDNOTEXIST");

    expect(await refundQuery()).toEqual({ kind: "not_found" });
  });

  test.each([
    ["another number", { out_refund_no_0: "r_2" }],
    ["an undocumented status", { refund_status_0: "FAIL" }],
    ["no refund id", { refund_id_0: "" }],
  ])("with %s is unknown", async (_, change) => {
    answer({ ...refundFound, ...change });

    expect(await refundQuery()).toMatchObject({ kind: "unknown" });
  });
});

describe("statement", () => {
  const file = Buffer.from("\uFEFF交易时间,商户订单号\r\n`2026-11-21 12:00:00,`p_1\r\n".repeat(20_000));

  test.each(["20261121", "2026-11-2", ""])("of %j is not asked for", async (date) => {
    const heard = serve(file);

    expect(await calls.statement(account, date, outside)).toMatchObject({ kind: "unknown" });
    expect(heard).toEqual([]);
  });

  test.each([
    { return_code: "FAIL", return_msg: "No Bill Exist", error_code: "20002" },
    { return_code: "FAIL", return_msg: "No Bill Exist" },
  ])("that does not exist yet is not ready", async (fields) => {
    serve(xml(fields));

    expect(await statement()).toEqual({ kind: "not_ready", why: "No Bill Exist" });
  });

  test.each([
    ["another refusal", xml({ return_code: "FAIL", return_msg: "sign error", error_code: "20001" })],
    ["a page", "<html>maintenance</html>"],
    ["an endless page", `<${"x".repeat(1_000_000)}`],
    ["nothing", ""],
  ])("that is %s is unknown", async (_, body) => {
    serve(body);

    expect(await statement()).toMatchObject({ kind: "unknown" });
  });

  test("is the file as it comes, from its first byte", async () => {
    const heard = serve(file);

    const answered = await statement();

    if (answered.kind !== "downloaded") throw new Error("no file");
    expect((await buffer(answered.file)).equals(file)).toBe(true);
    expect(heard).toMatchObject([{ url: "/pay/downloadbill" }]);
    expect(fieldsOf(heard)).toMatchObject({ bill_date: "20261121", bill_type: "ALL" });
  });
});
