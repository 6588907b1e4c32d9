import { buffer } from "node:stream/consumers";
import { deflateSync } from "node:zlib";

import { Decimal } from "@zhanggui/domain";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { gatewayOf } from "../src/registry.ts";
import type { UnionpayAccount } from "../src/unionpay/account.ts";
import { unionpay } from "../src/unionpay/index.ts";
import { addressOf } from "../src/unionpay/request.ts";
import { type GatewayServer, startGateway } from "./support/gateway-server.ts";
import { answerText, envelope, isSignedByMerchant, play } from "./support/unionpay-gateway.ts";
import {
  type Fields,
  account as incoming,
  form,
  leafWith,
  merchantKeys,
  paid,
  readingOf,
  refunded,
  request,
  signed,
} from "./support/unionpay-notices.ts";
import { zipOf } from "./support/zip-file.ts";

const { calls } = unionpay;
const startedAt = new Date("2026-11-22T03:59:58.700Z");
const expiresAt = new Date("2026-11-22T04:30:00.900Z");
const inTime = new Date("2026-11-22T04:10:00Z");
const afterwards = new Date("2026-11-22T04:30:01Z");
const refundedAt = new Date("2026-11-22T16:29:58Z");

const paying = {
  outTradeNo: "p20261122000001",
  startedAt,
  expiresAt,
  amount: new Decimal("19.9"),
  currency: "CNY",
  subject: "龙井 & {二两}=1",
  notifyUrl: "https://shop.test/callbacks/bank?a=1",
  returnUrl: "https://shop.test/orders/1",
};
const refunding = {
  outTradeNo: paying.outTradeNo,
  transactionId: "202611221200061516778",
  outRefundNo: "r20261123000001",
  requestedAt: refundedAt,
  amount: new Decimal("19.90"),
  refundAmount: new Decimal("5.00"),
  currency: "CNY",
  reason: "退货",
  notifyUrl: "https://shop.test/callbacks/bank",
};

let gateway: GatewayServer;
let account: UnionpayAccount;
beforeAll(async () => {
  gateway = await startGateway();
  account = { ...incoming, baseUrl: `${gateway.url}/` };
});
afterAll(() => gateway.stop());

function at(now: Date) {
  return { fetch, now: () => now };
}

const pay = (change: Partial<typeof paying> = {}) => calls.pay(account, { ...paying, ...change }, at(startedAt));
const query = (now = inTime) => calls.query(account, paying, at(now));
const close = (now = inTime) => calls.close(account, paying, at(now));
const refund = (change: Partial<typeof refunding> = {}) =>
  calls.refund(account, { ...refunding, ...change }, at(refundedAt));
const refundQuery = () => calls.refundQuery(account, refunding, at(refundedAt));
const statement = (date = "2026-11-21") => calls.statement(account, date, at(inTime));

/** The signed answer with these fields. */
function answer(fields: Fields): Buffer {
  return answerText(signed({ ...envelope, ...fields }));
}

const order = { orderId: paying.outTradeNo, txnTime: "20261122115958" };
const refundOrder = { orderId: refunding.outRefundNo, txnTime: "20261123002958" };

/** What UnionPay says of a payment: it repeats the payment's type and not the query's. */
function standing(origRespCode: string, change: Fields = {}): Buffer {
  const known = { bizType: "000201", origRespCode, origRespMsg: "说明[0000000]", txnAmt: "1990", txnType: "01" };
  return answer({ ...order, ...known, ...change });
}

const done = { currencyCode: "156", queryId: "202611221200061516778", traceTime: "1122120006" };

function refundStanding(origRespCode: string, change: Fields = {}): Buffer {
  return answer({ ...refundOrder, origRespCode, txnAmt: "500", txnType: "04", ...change });
}

const noOrder = answer({ ...order, respCode: "34", txnType: "00" });
const noRefund = answer({ ...refundOrder, respCode: "34", txnType: "00" });

function refundAnswer(respCode: string, change: Fields = {}): Buffer {
  return answer({ ...refundOrder, respCode, txnAmt: "500", txnType: "04", origQryId: paid.queryId, ...change });
}

const zmName = "INN26112188ZM_777290058110048";
const lines = Buffer.concat([Buffer.from("S22 某行 "), Buffer.from([0xc4, 0xe3, 0x0d, 0x0a])]);
const zmFile = Buffer.concat(Array.from({ length: 2_000 }, () => lines));

function fileContent(zip: Buffer): string {
  return deflateSync(zip).toString("base64");
}

function fileAnswer(change: Fields = {}): Buffer {
  const zip = zipOf([
    { name: zmName, data: zmFile },
    { name: "INN26112188ZME_777290058110048", data: Buffer.from("E") },
  ]);
  return answer({ txnType: "76", settleDate: "1121", fileContent: fileContent(zip), ...change });
}

describe("an account", () => {
  test("is called when it has an address, and its calls are the registry's", () => {
    expect(calls.isCallable(incoming)).toBe(false);
    expect(calls.isCallable(account)).toBe(true);
    expect(gatewayOf(account).calls).toBe(calls);
  });

  test.each([
    ["https://gateway.95516.com", "https://filedownload.95516.com/"],
    ["https://gateway.test.95516.com/", "https://filedownload.test.95516.com/"],
    ["https://proxy.shop.test/unionpay/", "https://proxy.shop.test/unionpay/gateway/api/fileDownload.do"],
    ["https://gateway.95516.com.evil.test", "https://gateway.95516.com.evil.test/gateway/api/fileDownload.do"],
  ])("at %s has its files at %s", (baseUrl, files) => {
    expect(addressOf({ ...incoming, baseUrl }, "fileDownload")).toBe(files);
  });
});

describe("a payment", () => {
  test("is a form that the buyer's browser posts, signed as UnionPay verifies it", async () => {
    const heard = play(gateway, {});

    const answered = await pay();

    expect(answered).toMatchObject({
      kind: "created",
      action: { type: "form", url: `${gateway.url}/gateway/api/frontTransReq.do` },
    });
    const fields = answered.kind === "created" ? (answered.action.fields ?? {}) : {};
    expect(fields).toEqual({
      version: "5.1.0",
      encoding: "UTF-8",
      signMethod: "01",
      // The merchant certificate's serial number 4000370693 is hexadecimal.
      certId: "274881513107",
      signature: expect.any(String),
      txnType: "01",
      txnSubType: "01",
      bizType: "000201",
      channelType: "07",
      accessType: "0",
      merId: "777290058110048",
      orderId: "p20261122000001",
      txnTime: "20261122115958",
      txnAmt: "1990",
      currencyCode: "156",
      backUrl: paying.notifyUrl,
      frontUrl: paying.returnUrl,
      payTimeout: "20261122123000",
      riskRateInfo: "{commodityName=龙井    二两  1}",
    });
    expect(isSignedByMerchant(fields)).toBe(true);
    expect(heard).toEqual([]);
  });

  test("that is asked for again is the same form", async () => {
    expect(await pay()).toEqual(await pay());
  });

  test("without a subject sends no empty field", async () => {
    const answered = await pay({ subject: " {} " });

    expect(answered.kind === "created" && answered.action.fields).not.toHaveProperty("riskRateInfo");
  });

  test.each([
    ["another currency", { currency: "USD" }],
    ["a part of a fen", { amount: new Decimal("19.905") }],
    ["nothing", { amount: new Decimal(0) }],
    ["more than twelve digits of fen", { amount: new Decimal("10000000000.00") }],
    ["a number with a line", { outTradeNo: "p_20261122_1" }],
    ["a short number", { outTradeNo: "p123456" }],
  ])("of %s is refused", async (_, change) => {
    expect(await pay(change)).toMatchObject({ kind: "refused" });
  });

  test("cannot be signed without a key", async () => {
    const keyless = { ...account, signPrivateKey: "none" };

    expect(await calls.pay(keyless, paying, at(startedAt))).toMatchObject({ kind: "unknown" });
    expect(await calls.query(keyless, paying, at(startedAt))).toMatchObject({ kind: "unknown" });
    expect(await calls.statement(keyless, "2026-11-21", at(inTime))).toMatchObject({ kind: "unknown" });
  });
});

describe("a query", () => {
  test("asks for the order by its number and time, signed", async () => {
    const heard = play(gateway, { queryTrans: standing("00", done) });

    await query();

    expect(heard).toHaveLength(1);
    expect(heard[0]?.url).toBe("/gateway/api/queryTrans.do");
    expect(heard[0]?.fields).toMatchObject({ ...order, merId: account.merId, txnType: "00", txnSubType: "00" });
    expect(isSignedByMerchant(heard[0]?.fields ?? {})).toBe(true);
  });

  test.each(["00", "A6"])("finds a paid payment (%s) with the notice's own key", async (code) => {
    play(gateway, { queryTrans: standing(code, done) });

    const answered = await query();

    expect(answered).toMatchObject({
      kind: "found",
      notice: { status: "succeeded", outTradeNo: order.orderId, transactionId: paid.queryId, amountMinor: 1990 },
    });
    const notice = readingOf(request(form(signed(paid))));
    expect(answered.kind === "found" && answered.notice.eventKey).toBe(
      typeof notice === "string" ? notice : notice.eventKey,
    );
  });

  test.each(["03", "04", "05"])("finds a payment under way (%s), before and after its deadline", async (code) => {
    play(gateway, { queryTrans: standing(code) });

    for (const now of [inTime, afterwards]) {
      expect(await query(now)).toMatchObject({ kind: "found", notice: { status: "processing", rawStatus: code } });
    }
  });

  test("takes a failure for one of several cards until payTimeout, and for final after it", async () => {
    play(gateway, { queryTrans: standing("64") });

    expect(await query(inTime)).toMatchObject({ kind: "found", notice: { status: "processing", rawStatus: "64" } });
    expect(await query(afterwards)).toMatchObject({ kind: "found", notice: { status: "failed", rawStatus: "64" } });
  });

  test("of an order that UnionPay does not know is not found", async () => {
    play(gateway, { queryTrans: noOrder });

    expect(await query()).toEqual({ kind: "not_found" });
  });

  test("reads values in braces that hold both signs, nested ones too", async () => {
    const change = { ...done, reqReserved: "{a=1&b=2}", customerInfo: "{x={y=1&z=2}&orderId=other}" };
    play(gateway, { queryTrans: standing("00", change) });

    expect(await query()).toMatchObject({ kind: "found", notice: { status: "succeeded" } });
  });

  test("reads an answer in GBK by its own word", async () => {
    const change = { ...done, encoding: "GBK", origRespMsg: Buffer.from([0xb3, 0xc9, 0xb9, 0xa6]) };
    play(gateway, { queryTrans: standing("00", { ...change, respMsg: "ok" }) });

    expect(await query()).toMatchObject({ kind: "found", notice: { status: "succeeded" } });
  });

  test.each([
    ["a busy gateway", answer({ ...order, respCode: "06" })],
    ["a busy gateway beside what it says of the payment", standing("00", { ...done, respCode: "06" })],
    ["too many queries", answer({ ...order, respCode: "37" })],
    ["no code", answer({ ...order, respCode: "" })],
    ["no code of the payment", answer({ ...order, txnAmt: "1990", txnType: "01", ...done })],
    ["a success without UnionPay's number", standing("00")],
    ["another currency", standing("00", { ...done, currencyCode: "840" })],
    ["an amount that is none", standing("00", { ...done, txnAmt: "19.90" })],
  ])("that hears of %s is unknown", async (_, said) => {
    play(gateway, { queryTrans: said });

    expect(await query()).toMatchObject({ kind: "unknown" });
  });

  test("of a number that UnionPay cannot have is not sent", async () => {
    const heard = play(gateway, {});
    const odd = { ...paying, outTradeNo: "p_1" };

    expect(await calls.query(account, odd, at(inTime))).toMatchObject({ kind: "unknown" });
    expect(await calls.close(account, odd, at(afterwards))).toMatchObject({ kind: "unknown" });
    expect(heard).toEqual([]);
  });
});

describe("closing", () => {
  test("is left to payTimeout: before it nothing is closed", async () => {
    for (const said of [noOrder, standing("05"), standing("64")]) {
      play(gateway, { queryTrans: said });

      expect(await close(inTime)).toEqual({
        kind: "unknown",
        why: "UnionPay has no call that closes: it takes money until 2026-11-22T04:30:00.900Z",
      });
    }
  });

  test("after payTimeout what is not paid is closed", async () => {
    for (const said of [noOrder, standing("05"), standing("64")]) {
      play(gateway, { queryTrans: said });

      expect(await close(afterwards)).toEqual({ kind: "closed" });
    }
  });

  test.each([inTime, afterwards])("a paid payment says paid (%s)", async (now) => {
    play(gateway, { queryTrans: standing("00", done) });

    expect(await close(now)).toEqual({ kind: "paid" });
  });

  test("counts by when the question was asked, not by when the answer came", async () => {
    play(gateway, { queryTrans: standing("64") });
    const times = [inTime];
    const late = { fetch, now: () => times.shift() ?? afterwards };

    expect(await calls.close(account, paying, late)).toMatchObject({ kind: "unknown" });
  });

  test("after payTimeout is unknown as long as UnionPay is not heard", async () => {
    play(gateway, { queryTrans: answer({ ...order, respCode: "06" }) });

    expect(await close(afterwards)).toMatchObject({ kind: "unknown" });
  });
});

describe("a refund", () => {
  test("is an order of its own that names the payment, signed", async () => {
    const heard = play(gateway, { backTransReq: refundAnswer("00", { queryId: "202611230030001516779" }) });

    expect(await refund()).toEqual({
      kind: "accepted",
      status: "refund_processing",
      refundId: "202611230030001516779",
    });
    expect(heard).toHaveLength(1);
    expect(heard[0]?.url).toBe("/gateway/api/backTransReq.do");
    expect(heard[0]?.fields).toMatchObject({
      ...refundOrder,
      txnType: "04",
      txnSubType: "00",
      bizType: "000201",
      channelType: "07",
      merId: account.merId,
      txnAmt: "500",
      currencyCode: "156",
      origQryId: refunding.transactionId,
      backUrl: refunding.notifyUrl,
    });
    expect(isSignedByMerchant(heard[0]?.fields ?? {})).toBe(true);
  });

  test.each(["00", "A6", "03", "04", "05"])(
    "that was taken (%s) is under way until a query says more",
    async (code) => {
      play(gateway, { backTransReq: refundAnswer(code) });

      expect(await refund()).toEqual({ kind: "accepted", status: "refund_processing" });
    },
  );

  test.each([
    ["another amount", { txnAmt: "501" }],
    ["another payment", { origQryId: "202611221200061516779" }],
  ])("answered for %s is unknown", async (_, change) => {
    play(gateway, { backTransReq: refundAnswer("00", change) });

    expect(await refund()).toEqual({ kind: "unknown", why: "the answer is about another refund" });
  });

  test("that is asked for again is what became of the first", async () => {
    const backTransReq = refundAnswer("12");
    play(gateway, { backTransReq, queryTrans: refundStanding("00", { queryId: "202611230030001516779" }) });
    expect(await refund()).toEqual({ kind: "accepted", status: "refund_succeeded", refundId: "202611230030001516779" });

    play(gateway, { backTransReq, queryTrans: refundStanding("05") });
    expect(await refund()).toEqual({ kind: "accepted", status: "refund_processing" });

    play(gateway, { backTransReq, queryTrans: refundStanding("36") });
    expect(await refund()).toMatchObject({ kind: "refused" });

    play(gateway, { backTransReq, queryTrans: noRefund });
    expect(await refund()).toMatchObject({ kind: "unknown" });
  });

  test("refused over its form while the first goes its way is not refused", async () => {
    play(gateway, { backTransReq: refundAnswer("10"), queryTrans: refundStanding("00") });

    expect(await refund()).toEqual({ kind: "accepted", status: "refund_succeeded" });
  });

  test.each(["35", "36", "33", "10"])("that UnionPay refuses (%s) and does not know is refused", async (code) => {
    play(gateway, { backTransReq: refundAnswer(code), queryTrans: noRefund });

    expect(await refund()).toEqual({ kind: "refused", why: `UnionPay answered ${code} 成功[0000000]` });
  });

  test.each([
    ["a busy gateway", "06", noRefund],
    ["a code without a meaning", "ZZ", noRefund],
    ["a refusal that cannot be confirmed", "36", "nothing"],
  ])("that hears of %s is unknown", async (_, code, queryTrans) => {
    play(gateway, { backTransReq: refundAnswer(code), queryTrans });

    expect(await refund()).toMatchObject({ kind: "unknown" });
  });

  test.each([
    ["another currency", { currency: "USD" }],
    ["a part of a fen", { refundAmount: new Decimal("0.005") }],
    ["a number that UnionPay does not take", { outRefundNo: "ref_20261123-1" }],
    ["a payment without a number", { transactionId: "a&b=c" }],
  ])("of %s is refused before it is sent", async (_, change) => {
    const heard = play(gateway, {});

    expect(await refund(change)).toMatchObject({ kind: "refused" });
    expect(heard).toEqual([]);
  });
});

describe("a refund's query", () => {
  test.each([
    ["00", "refund_succeeded"],
    ["A6", "refund_succeeded"],
    ["03", "refund_processing"],
    ["05", "refund_processing"],
    ["36", "refund_failed"],
  ])("that says %s means %s", async (code, status) => {
    const heard = play(gateway, { queryTrans: refundStanding(code) });

    expect(await refundQuery()).toEqual({ kind: "found", status });
    expect(heard[0]?.fields).toMatchObject({ ...refundOrder, txnType: "00" });
  });

  test("of one that UnionPay does not know is not found", async () => {
    play(gateway, { queryTrans: noRefund });

    expect(await refundQuery()).toEqual({ kind: "not_found" });
  });

  test("takes no notice for its answer", async () => {
    play(gateway, { queryTrans: answer({ ...refunded }) });

    expect(await refundQuery()).toEqual({ kind: "unknown", why: "UnionPay's answer says nothing of the order" });
  });

  test("is not sent for a number that UnionPay cannot have", async () => {
    const odd = { ...refunding, outRefundNo: "ref_1" };

    expect(await calls.refundQuery(account, odd, at(refundedAt))).toMatchObject({ kind: "unknown" });
  });
});

describe("a statement", () => {
  test("is the day's ZM file, byte for byte", async () => {
    const heard = play(gateway, { fileDownload: fileAnswer() });

    const answered = await statement();

    expect(answered.kind === "downloaded" && (await buffer(answered.file)).equals(zmFile)).toBe(true);
    expect(heard[0]?.fields).toMatchObject({
      txnType: "76",
      txnSubType: "01",
      fileType: "00",
      bizType: "000000",
      settleDate: "1121",
      txnTime: "20261122121000",
      merId: account.merId,
    });
    expect(isSignedByMerchant(heard[0]?.fields ?? {})).toBe(true);
  });

  test("larger than any other answer is read", async () => {
    const data = Buffer.from(Array.from({ length: 600_000 }, (_, index) => (index * 7919 * (index % 251)) % 256));
    play(gateway, { fileDownload: fileAnswer({ fileContent: fileContent(zipOf([{ name: zmName, data }])) }) });

    const answered = await statement();

    expect(answered.kind === "downloaded" && (await buffer(answered.file)).equals(data)).toBe(true);
  });

  test("that is not there is not ready", async () => {
    play(gateway, { fileDownload: answer({ txnType: "76", settleDate: "1121", respCode: "98" }) });

    expect(await statement()).toMatchObject({ kind: "not_ready" });
    expect(await statement("2026-11-23")).toMatchObject({ kind: "not_ready" });
  });

  test.each([
    ["another code", { respCode: "99" }],
    ["another day", { settleDate: "1120" }],
    ["no file", { fileContent: "" }],
    ["no base64", { fileContent: "***" }],
    ["no zlib stream", { fileContent: Buffer.from("nothing").toString("base64") }],
    ["a cut zlib stream", { fileContent: deflateSync(zipOf([])).subarray(0, 12).toString("base64") }],
    [
      "a zlib stream that is a bomb",
      { fileContent: fileContent(zipOf([{ name: zmName, data: Buffer.alloc(65 * 1024 * 1024), method: 0 }])) },
    ],
    ["no zip", { fileContent: fileContent(Buffer.from("nothing")) }],
    ["a zip without a ZM file", { fileContent: fileContent(zipOf([{ name: "INN_ZME_1", data: zmFile }])) }],
    [
      "a zip with two",
      {
        fileContent: fileContent(
          zipOf([
            { name: "aZM_1", data: zmFile },
            { name: "bZM_1", data: zmFile },
          ]),
        ),
      },
    ],
    [
      "a file beyond every day's size",
      { fileContent: fileContent(zipOf([{ name: zmName, data: zmFile, size: 0xff_ff_ff_f0 }])) },
    ],
  ])("with %s is unknown", async (_, change) => {
    play(gateway, { fileDownload: fileAnswer(change) });

    expect(await statement()).toMatchObject({ kind: "unknown" });
  });

  test.each([
    ["more than was said", { size: 10 }, "larger than its archive says"],
    ["something else than was packed", { crc: 1 }, "not what was packed"],
  ])("that holds %s fails while it is read", async (_, damage, message) => {
    const zip = zipOf([{ name: zmName, data: zmFile, ...damage }]);
    play(gateway, { fileDownload: fileAnswer({ fileContent: fileContent(zip) }) });

    const answered = await statement();

    await expect(answered.kind === "downloaded" ? buffer(answered.file) : undefined).rejects.toThrow(message);
  });

  test.each(["2026-02-30", "20261121", "2025-11-21", "x"])("of %s is not asked for", async (date) => {
    const heard = play(gateway, { fileDownload: fileAnswer() });

    expect(await statement(date)).toMatchObject({ kind: "unknown" });
    expect(heard).toEqual([]);
  });
});

describe("every answer", () => {
  const everyCall = [
    ["query", query, "queryTrans", { ...order, origRespCode: "00", txnAmt: "1990", txnType: "01", ...done }],
    ["close", close, "queryTrans", { ...order, origRespCode: "00", txnType: "01" }],
    ["refund", refund, "backTransReq", { ...refundOrder, txnType: "04" }],
    ["refundQuery", refundQuery, "queryTrans", { ...refundOrder, origRespCode: "00", txnType: "04" }],
    [
      "statement",
      statement,
      "fileDownload",
      { txnType: "76", settleDate: "1121", fileContent: fileContent(zipOf([{ name: zmName, data: zmFile }])) },
    ],
  ] as const;

  const forgeries: readonly (readonly [string, (genuine: Fields) => Buffer | string])[] = [
    ["empty", () => ""],
    ["no list of fields", () => "<html>502</html>"],
    ["unsigned", (said) => answerText({ ...envelope, ...said })],
    ["changed after it was signed", (said) => answerText({ ...signed({ ...envelope, ...said }), respMsg: "其他" })],
    ["signed by somebody else", (said) => answerText(signed({ ...envelope, ...said }, merchantKeys.privateKey))],
    [
      "signed by another merchant of the same authority",
      (said) => {
        const signPubKeyCert = leafWith({ subject: ["041@Z2026@某某商户@00000001"], keys: merchantKeys });
        return answerText(signed({ ...envelope, ...said, signPubKeyCert }, merchantKeys.privateKey));
      },
    ],
    ["to another merchant", (said) => answer({ ...said, merId: "777290058110049" })],
    ["with a name twice", (said) => Buffer.concat([answer(said), Buffer.from("&respCode=00")])],
    ["with an empty end", (said) => Buffer.concat([answer(said), Buffer.from("&")])],
    ["with an open brace", (said) => answer({ ...said, reqReserved: "{a=1" })],
    ["with text behind a brace", (said) => answer({ ...said, reqReserved: "{a=1}b" })],
    ["of version 5.0.0", (said) => answer({ ...said, version: "5.0.0" })],
    ["in an unknown charset", (said) => answer({ ...said, encoding: "UTF-7" })],
    ["escaped like a notice", (said) => form(signed({ ...envelope, ...said }))],
    [
      "with too many fields",
      (said) =>
        answer({ ...said, ...Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, "1"])) }),
    ],
  ];

  test.each(everyCall)("to %s is heard when it is genuine", async (_, run, service, said) => {
    play(gateway, { [service]: answer(said) });

    expect(await run()).not.toMatchObject({ kind: "unknown" });
  });

  const cases = everyCall.flatMap(([call, run, service, said]) =>
    forgeries.map(([forgery, forge]) => ({ call, forgery, run, service, body: () => forge(said) })),
  );

  test.each(cases)("to $call that is $forgery counts as none", async ({ run, service, body }) => {
    play(gateway, { [service]: body() });

    expect(await run()).toMatchObject({ kind: "unknown" });
  });

  test.each(everyCall.slice(0, 4))(
    "to %s about another order or time counts as none",
    async (_, run, service, said) => {
      for (const change of [{ orderId: "p20261122000002" }, { txnTime: "20261122115959" }, { orderId: "" }]) {
        play(gateway, { [service]: answer({ ...said, ...change }) });

        expect(await run()).toEqual({ kind: "unknown", why: "the answer is about another order" });
      }
    },
  );

  test.each(everyCall)("to %s that is larger than any counts as none", async (call, run, service, said) => {
    const bytes = call === "statement" ? 90 * 1024 * 1024 : 300 * 1024;
    play(gateway, { [service]: answer({ ...said, reserved: "x".repeat(bytes) }) });

    expect(await run()).toMatchObject({ kind: "unknown" });
  });

  test.each(everyCall)("to %s with another HTTP status counts as none", async (_, run, service, said) => {
    for (const status of [202, 404, 500]) {
      play(gateway, { [service]: answer(said) }, status);

      expect(await run()).toMatchObject({ kind: "unknown" });
    }
  });

  test.each(everyCall)("to %s is not looked for at another address", async (_, run, service, said) => {
    const elsewhere = await startGateway();
    const followed = play(elsewhere, { [service]: answer(said) });
    gateway.handle((_request, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/gateway/api/${service}.do` });
      response.end();
    });

    expect(await run()).toMatchObject({ kind: "unknown" });

    await elsewhere.stop();
    expect(followed).toEqual([]);
  });

  test.each(everyCall)("to %s that breaks off leaves it unknown", async (_, run) => {
    gateway.handle((_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("accessType=0");
      response.destroy();
    });

    expect(await run()).toMatchObject({ kind: "unknown" });
  });
});

test("silence ends a call and leaves its outcome unknown", { timeout: 15_000 }, async () => {
  gateway.handle(() => undefined);

  const answers = await Promise.all([query(), close(afterwards), refund(), refundQuery()]);

  expect(answers.map(({ kind }) => kind)).toEqual(["unknown", "unknown", "unknown", "unknown"]);
});

describe("the signed answer to a query", () => {
  test("is no notice, though it repeats the order's type and says 00 of itself", () => {
    const aboutUnpaid = { ...paid, origRespCode: "64" };
    const aboutRefund = { ...refunded, origRespCode: "36" };

    expect(readingOf(request(form(signed(aboutUnpaid))))).toBe("malformed");
    expect(readingOf(request(form(signed(aboutRefund))))).toBe("malformed");
  });
});
