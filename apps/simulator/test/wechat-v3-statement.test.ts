import { buffer } from "node:stream/consumers";

import { Decimal } from "@zhanggui/domain";
import { afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";

import { until } from "./harness.ts";
import { type WechatPair, type WechatWorld, makePair, sdkOf, startWechat } from "./wechat-v3-world.ts";

/** 15:59:59 UTC is the last second of the day in Beijing. */
const lastSecond = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000 + (15 * 3600 + 59 * 60 + 59) * 1000);
const day = (at: Date) => new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);

let pair: WechatPair;
let world: WechatWorld;
let time: Date;
beforeAll(async () => {
  pair = await makePair();
});
afterEach(() => world.stop());

async function start(): Promise<void> {
  time = lastSecond;
  world = await startWechat(pair, { now: () => time });
}

async function openPaid(outTradeNo: string): Promise<string> {
  await world.calls.pay(world.account, world.paying(outTradeNo), world.outside);
  await world.play(outTradeNo, { do: "pay" });
  const found = await world.calls.query(world.account, world.paying(outTradeNo), world.outside);
  return found.kind === "found" ? (found.notice.transactionId ?? "") : "";
}

async function statementOf(date: string): Promise<string> {
  const answer = await world.calls.statement(world.account, date, world.outside);
  return answer.kind === "downloaded" ? (await buffer(answer.file)).toString("utf8") : answer.kind;
}

test("a statement has the documented columns, every value behind a backtick, and sums in yuan", async () => {
  await start();
  const transactionId = await openPaid("P00000001");
  await openPaid("P00000002");
  const call = {
    outTradeNo: "P00000001",
    transactionId,
    outRefundNo: "R00000001",
    requestedAt: time,
    reason: "",
    amount: new Decimal("39.80"),
    refundAmount: new Decimal("10.00"),
    currency: "CNY",
    notifyUrl: world.receiver.url,
  };
  const refund = await world.calls.refund(world.account, call, world.outside);
  await until(async () => (await statementOf(day(lastSecond))).includes("R00000001"));

  const text = await statementOf(day(lastSecond));

  const { mchid, appid } = world.account;
  const [header, first, refunded, second, summaryHeader, summary, end] = text.split("\r\n");
  const openid = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
  const refundId = refund.kind === "accepted" ? refund.refundId : "";
  const start0 = `\`${day(lastSecond)} 23:59:59,\`${appid},\`${mchid},\`0,\`,\`${transactionId},\`P00000001,\`${openid},\`NATIVE`;
  expect(header).toBe(
    "\uFEFF交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类," +
      "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包," +
      "手续费,费率,订单金额,申请退款金额,费率备注",
  );
  expect(first).toBe(
    `${start0},\`SUCCESS,\`OTHERS,\`CNY,\`39.80,\`0.00,\`0,\`0,\`0.00,\`0.00,\`,\`,\`龙井茶 × 2, 特级,\`,\`0.24000,\`0.60%,\`39.80,\`0.00,\``,
  );
  expect(refunded).toBe(
    `${start0},\`REFUND,\`OTHERS,\`CNY,\`0.00,\`0.00,\`${refundId},\`R00000001,\`10.00,\`0.00,\`ORIGINAL,\`SUCCESS,` +
      "`龙井茶 × 2, 特级,`,`0.00000,`0.60%,`0.00,`10.00,`",
  );
  expect(second).toContain("`P00000002,");
  expect(summaryHeader).toBe(
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额",
  );
  expect(summary).toBe("`3,`79.60,`10.00,`0.00,`0.48000,`79.60,`10.00");
  expect(end).toBe("");
});

test("a payment belongs to the day in Beijing on which it was paid; a day without any has no statement", async () => {
  await start();
  await openPaid("P00000001");
  time = new Date(lastSecond.getTime() + 1_000);
  await openPaid("P00000002");

  const [today, tomorrow] = [await statementOf(day(lastSecond)), await statementOf(day(time))];

  expect(today).toContain("P00000001");
  expect(today).not.toContain("P00000002");
  expect(tomorrow).toContain("P00000002");
  expect(await statementOf("2020-01-01")).toBe("not_ready");
});

test("bills of payments or of refunds alone have their own columns", async () => {
  time = new Date();
  world = await startWechat(pair);
  await openPaid("P00000001");
  const bill = sdkOf(world).chain("v3/bill/tradebill");
  const ask = (type: string) =>
    bill.get({ params: { bill_date: day(new Date()), bill_type: type }, validateStatus: () => true });
  const download = async (url: string) => {
    const { pathname, search } = new URL(url);
    const path = pathname.replace("/gateways/wechat/", "") + search;
    const { data } = await sdkOf(world).chain(path).get({ responseType: "text", transformResponse: [] });
    return String(data);
  };

  const { data } = await ask("SUCCESS");
  const refunds = await ask("REFUND");

  const [header = "", row = ""] = (await download(data.download_url)).split("\r\n");
  expect(header.split(",")).toHaveLength(20);
  expect(row.split(",`")).toHaveLength(20);
  expect(refunds).toMatchObject({ status: 400, data: { code: "NO_STATEMENT_EXIST" } });
});

test("the address of a bill is good for half a minute", async () => {
  await start();
  await openPaid("P00000001");
  const places: string[] = [];
  const late: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const said = z.object({ download_url: z.string() }).safeParse(
      await response
        .clone()
        .json()
        .catch(() => undefined),
    );
    if (said.success) {
      places.push(said.data.download_url);
      time = new Date(time.getTime() + 31_000);
    }
    return response;
  };

  const answer = await world.calls.statement(world.account, day(lastSecond), { ...world.outside, fetch: late });

  expect(places).toHaveLength(1);
  expect(answer).toEqual({ kind: "unknown", why: "the gateway answered 400" });
});
