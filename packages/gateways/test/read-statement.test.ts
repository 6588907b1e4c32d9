import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";

import { alipayStatement } from "../src/alipay/read-statement.ts";
import { hmacStatement } from "../src/hmac/read-statement.ts";
import type { StatementEntry, StatementFormat } from "../src/statement-format.ts";
import { stripeStatement } from "../src/stripe/read-statement.ts";
import { unionpayStatement } from "../src/unionpay/read-statement.ts";
import { wechatV2Statement } from "../src/wechat-v2/read-statement.ts";
import { wechatV3Statement } from "../src/wechat-v3/read-statement.ts";
import { account as alipayAccount } from "./support/alipay-notices.ts";
import { account as stripeAccount } from "./support/stripe-events.ts";
import { account as unionpayAccount } from "./support/unionpay-notices.ts";
import { account as wechatV2Account } from "./support/wechat-v2-notices.ts";
import { account as wechatV3Account } from "./support/wechat-v3-notices.ts";

const date = "2026-11-21";

/** A file in pieces of a few bytes, so that characters, fields and lines are cut wherever they can be. */
async function* inPieces(file: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
}

async function read<Account>(
  format: StatementFormat<Account>,
  account: Account,
  file: string | Uint8Array,
  day = date,
): Promise<StatementEntry[]> {
  const bytes = typeof file === "string" ? Buffer.from(file) : file;
  const entries: StatementEntry[] = [];
  for await (const entry of format.read(account, inPieces(bytes), day)) entries.push(entry);
  return entries;
}

const linesOf = (entries: readonly StatementEntry[]) =>
  entries.map((entry) => (entry.kind === "line" ? entry.line : entry));

describe("the contract's CSV", () => {
  const header = "type,out_trade_no,transaction_id,out_refund_no,amount,fee,status,time\n";
  const account = { kind: "hmac", secret: "a test secret of enough length" } as const;

  test("is read by the names of its columns, in whatever order", async () => {
    const entries = await read(
      hmacStatement,
      account,
      `\uFEFF${header}payment,p1,t1,,39.80,0.24,SUCCESS,2026-11-21T15:59:59.000Z\nrefund,p1,t1,r1,10.00,0.00,ABNORMAL,2026-11-21 23:59:59\n`,
    );

    expect(linesOf(entries)).toEqual([
      {
        number: 2,
        type: "payment",
        outTradeNo: "p1",
        transactionId: "t1",
        amountMinor: 3980,
        fee: "0.24",
        currency: "CNY",
        status: "succeeded",
        rawStatus: "SUCCESS",
        occurredAt: new Date("2026-11-21T15:59:59Z"),
      },
      {
        number: 3,
        type: "refund",
        outTradeNo: "p1",
        transactionId: "t1",
        outRefundNo: "r1",
        amountMinor: 1000,
        fee: "0",
        currency: "CNY",
        status: "failed",
        rawStatus: "ABNORMAL",
        occurredAt: new Date("2026-11-21T15:59:59Z"),
      },
    ]);
    expect(
      await read(hmacStatement, account, "time,status,amount,out_refund_no,transaction_id,out_trade_no,type\n"),
    ).toEqual([]);
  });

  test.each([
    ["of another type", "payout,p,t,,1,0,SUCCESS,2026-11-21T00:00:00Z", 'type "payout" is neither payment nor refund'],
    ["with too few values", "payment,p,t,,1,0,SUCCESS", "it has 7 values and its header 8"],
    ["with half a fen", "payment,p,t,,1.005,0,SUCCESS,2026-11-21T00:00:00Z", 'amount "1.005" is no amount'],
    ["with an amount in words", "payment,p,t,,1e3,0,SUCCESS,2026-11-21T00:00:00Z", 'amount "1e3" is no amount'],
    ["of 30 February", "payment,p,t,,1,0,SUCCESS,2026-02-30T00:00:00Z", 'time "2026-02-30T00:00:00Z" is none'],
    ["without its transaction", "payment,p,,,1,0,SUCCESS,2026-11-21T00:00:00Z", "transaction_id is empty"],
    ["of a refund without its number", "refund,p,t,,1,0,SUCCESS,2026-11-21T00:00:00Z", "out_refund_no is empty"],
  ])("names a line %s, and reads on", async (_, line, why) => {
    const good = "payment,p,t2,,1,0,SUCCESS,2026-11-21T00:00:00Z";

    const entries = await read(hmacStatement, account, `${header}${line}\n${good}\n`);

    expect(entries[0]).toEqual({ kind: "unreadable", number: 2, why });
    expect(entries[1]).toMatchObject({ kind: "line", line: { number: 3, transactionId: "t2" } });
  });

  test.each([
    ["without a column", "type,amount\n", "the file has no column out_trade_no"],
    ["that is empty", "", "the file is empty"],
    ["whose quote never ends", `${header}"${"x".repeat(100_000)}`, /Max Record Size/],
  ])("refuses a file %s", async (_, file, why) => {
    await expect(read(hmacStatement, account, file)).rejects.toThrow(why);
  });
});

describe("WeChat Pay's trade bill", () => {
  const columns =
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
  const row = (merchant: string, more: Readonly<Record<string, string>> = {}) => {
    const cells: Readonly<Record<string, string>> = {
      交易时间: "2026-11-21 23:59:59",
      商户号: merchant,
      微信订单号: "4200000001",
      商户订单号: "p1",
      交易状态: "SUCCESS",
      货币种类: "CNY",
      应结订单金额: "37.80",
      微信退款单号: "0",
      商户退款单号: "0",
      退款金额: "0.00",
      商品名称: "龙井,明前",
      手续费: "0.22680",
      订单金额: "39.80",
      申请退款金额: "0.00",
      ...more,
    };
    return columns
      .split(",")
      .map((name) => `\`${cells[name] ?? ""}`)
      .join(",");
  };
  const bill = (...rows: readonly string[]) =>
    `\uFEFF${columns}\r\n${rows.map((one) => `${one}\r\n`).join("")}总交易单数,应结订单总金额\r\n\`${rows.length},\`0.00\r\n`;
  const refund = {
    交易状态: "REFUND",
    微信退款单号: "5030001",
    商户退款单号: "r1",
    退款状态: "PROCESSING",
    申请退款金额: "10.00",
    退款金额: "9.50",
    手续费: "-0.05700",
  };

  test.each([
    ["v3", (file: string) => read(wechatV3Statement, wechatV3Account, file), wechatV3Account.mchid],
    ["v2", (file: string) => read(wechatV2Statement, wechatV2Account, file), wechatV2Account.mch_id],
  ] as const)("of %s is read by its header, the amount as the order was over", async (_, readBill, merchant) => {
    const entries = await readBill(bill(row(merchant), row(merchant, refund)));

    expect(linesOf(entries)).toEqual([
      {
        number: 2,
        type: "payment",
        outTradeNo: "p1",
        transactionId: "4200000001",
        amountMinor: 3980,
        fee: "0.2268",
        currency: "CNY",
        status: "succeeded",
        rawStatus: "SUCCESS",
        occurredAt: new Date("2026-11-21T15:59:59Z"),
      },
      {
        number: 3,
        type: "refund",
        outTradeNo: "p1",
        transactionId: "4200000001",
        outRefundNo: "r1",
        refundId: "5030001",
        amountMinor: 1000,
        fee: "-0.057",
        currency: "CNY",
        status: "processing",
        rawStatus: "PROCESSING",
        occurredAt: new Date("2026-11-21T15:59:59Z"),
      },
    ]);
  });

  const readV3 = (file: string | Uint8Array) => read(wechatV3Statement, wechatV3Account, file);

  test("of the type SUCCESS has no columns of refunds", async () => {
    const names = "交易时间,商户号,微信订单号,商户订单号,交易状态,货币种类,手续费,订单金额";
    const line = ["2026-11-21 00:00:00", wechatV3Account.mchid, "42", "p1", "SUCCESS", "CNY", "0.1", "1.00"];

    const entries = await readV3(`${names}\n${line.map((cell) => `\`${cell}`).join(",")}\n总交易单数\n\`1\n`);

    expect(linesOf(entries)).toMatchObject([{ type: "payment", amountMinor: 100 }]);
  });

  test("that was cut off is refused, though every line of it can be read", async () => {
    const whole = bill(row(wechatV3Account.mchid), row(wechatV3Account.mchid));

    await expect(readV3(whole.slice(0, whole.indexOf("总交易单数")))).rejects.toThrow("it was cut off");
    await expect(readV3(whole.replace("`2,", "`3,"))).rejects.toThrow('the file counts "3" rows and has 2');
    await expect(readV3("")).rejects.toThrow("the file is empty");
  });

  test("of another merchant has no line that can be read", async () => {
    expect(await readV3(bill(row("1900000000")))).toEqual([
      { kind: "unreadable", number: 2, why: 'it is merchant "1900000000"\'s, not ours' },
    ]);
  });

  test("in another charset, or without line ends, is refused", async () => {
    await expect(readV3(iconv.encode(bill(row(wechatV3Account.mchid)), "gbk"))).rejects.toThrow("has no column");
    await expect(readV3("x".repeat(100_000))).rejects.toThrow("line 1 is longer than 65536 bytes");
  });
});

describe("Alipay's detail file", () => {
  const columns =
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,订单金额（元）,商家实收（元）,退款批次号/请求号,服务费（元）,备注";
  const rows = [
    '2026112122001\t,p1\t,交易,龙井"明前,2026-11-21 23:59:00,2026-11-21 23:59:59,39.80,39.80,,-0.24,',
    '2026112122001\t,p1\t,退款,"龙井,明前",2026-11-21 23:59:00,2026-11-21 23:59:59,-10.00,-10.00,r1\t,0.06,',
  ];
  const file = (sellerId = alipayAccount.seller_id, counted = 1, end = true) =>
    iconv.encode(
      [
        "#支付宝业务明细查询",
        `#账号：[${sellerId}0156]`,
        "#起始日期：[2026年11月21日 00:00:00]   终止日期：[2026年11月22日 00:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        columns,
        ...rows,
        ...(end
          ? ["#-----------------------------------------业务明细列表结束------------------------------------"]
          : []),
        `#交易合计：${counted}笔，商家实收共39.80元，商家优惠共0.00元`,
        "#导出时间：[2026年11月22日 10:30:00]",
        "",
      ].join("\r\n"),
      "gbk",
    );
  const readBill = (bytes: Uint8Array) => read(alipayStatement, alipayAccount, bytes);

  test("is read from GBK, its refunds and fees without their sign", async () => {
    expect(linesOf(await readBill(file()))).toEqual([
      {
        number: 6,
        type: "payment",
        outTradeNo: "p1",
        transactionId: "2026112122001",
        amountMinor: 3980,
        fee: "0.24",
        currency: "CNY",
        status: "succeeded",
        rawStatus: "交易",
        occurredAt: new Date("2026-11-21T15:59:59Z"),
      },
      {
        number: 7,
        type: "refund",
        outTradeNo: "p1",
        transactionId: "2026112122001",
        outRefundNo: "r1",
        amountMinor: 1000,
        fee: "-0.06",
        currency: "CNY",
        status: "succeeded",
        rawStatus: "退款",
        occurredAt: new Date("2026-11-21T15:59:59Z"),
      },
    ]);
  });

  test("that was cut off, miscounts, or is somebody else's is refused", async () => {
    await expect(readBill(file(undefined, 1, false))).rejects.toThrow("it was cut off");
    await expect(readBill(file(undefined, 2))).rejects.toThrow("the file counts 2 rows of 交易 and has 1");
    await expect(readBill(file("2088999999999999"))).rejects.toThrow("the file is account 2088999999999999's");
    await expect(readBill(Buffer.from(columns))).rejects.toThrow("has no column");
  });
});

describe("UnionPay's ZM file", () => {
  const widths = [
    3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13,
    8, 32, 13, 13, 12, 2, 1, 32, 98,
  ];
  /** A line whose fields are padded to their width in bytes. */
  const line = (fields: Readonly<Record<number, string>>, merId = unionpayAccount.merId): Buffer =>
    Buffer.concat(
      widths.flatMap((width, index) => {
        const text = iconv.encode(index === 27 ? merId : (fields[index] ?? ""), "gbk");
        return [Buffer.concat([text, Buffer.alloc(width, " ")]).subarray(0, width), Buffer.from(" ")];
      }),
    ).subarray(0, -1);
  const paid = {
    0: "S22",
    4: "1121225959",
    6: "000000003980",
    9: "812611212259590000001",
    11: "p1",
    15: "D000000000024",
    19: "01",
  };
  const back = {
    ...paid,
    6: "000000001000",
    9: "812611212259590000002",
    11: "r1",
    15: "C000000000006",
    19: "04",
    26: paid[9],
  };
  const file = (...lines: readonly Buffer[]) => Buffer.concat(lines.flatMap((one) => [one, Buffer.from("\r\n")]));
  const readZm = (bytes: Uint8Array, day?: string) => read(unionpayStatement, unionpayAccount, bytes, day);

  test("is cut by bytes, also where a name before the field is Chinese", async () => {
    const entries = await readZm(file(line({ ...paid, 18: "茶叶" }), line(back)));

    expect(linesOf(entries)).toEqual([
      {
        number: 1,
        type: "payment",
        outTradeNo: "p1",
        transactionId: paid[9],
        amountMinor: 3980,
        fee: "0.24",
        currency: "CNY",
        status: "succeeded",
        rawStatus: "01",
        occurredAt: new Date("2026-11-21T14:59:59Z"),
      },
      {
        number: 2,
        type: "refund",
        outRefundNo: "r1",
        refundId: back[9],
        transactionId: paid[9],
        amountMinor: 1000,
        fee: "-0.06",
        currency: "CNY",
        status: "succeeded",
        rawStatus: "04",
        occurredAt: new Date("2026-11-21T14:59:59Z"),
      },
    ]);
  });

  test("has no year: on New Year's Day the last hour is the old year's", async () => {
    const [entry] = linesOf(await readZm(file(line({ ...paid, 4: "1231233000" })), "2027-01-01"));

    expect(entry).toMatchObject({ occurredAt: new Date("2026-12-31T15:30:00Z") });
  });

  test("names lines that were cut, are another merchant's, or of another kind", async () => {
    const entries = await readZm(
      file(line(paid).subarray(0, 100), line(paid, "777290058110001"), line({ ...paid, 19: "99" })),
    );

    expect(entries).toEqual([
      { kind: "unreadable", number: 1, why: expect.stringMatching(/^it has 100 bytes, not \d+ or more$/) },
      { kind: "unreadable", number: 2, why: 'it is merchant "777290058110001"\'s, not ours' },
      { kind: "unreadable", number: 3, why: 'transaction type "99" is not known' },
    ]);
    await expect(readZm(new Uint8Array())).rejects.toThrow("the file is empty");
  });
});

describe("Stripe's report", () => {
  const header =
    "balance_transaction_id,created_utc,created,currency,gross,fee,net,reporting_category,source_id,description,charge_id,payment_intent_id,payment_method_type,payment_metadata[out_trade_no],refund_metadata[out_refund_no]\n";
  const readReport = (file: string) => read(stripeStatement, stripeAccount, file);

  test("has payments and refunds in it, and much else that is counted", async () => {
    const entries = await readReport(
      `${header}txn_2,2026-11-21 15:59:59,2026-11-21 15:59:59,cny,-5.00,0.00,-5.00,refund,re_1,,ch_1,pi_1,,p_1,r_1
txn_1,2026-11-21 15:59:59,2026-11-21 15:59:59,jpy,3980,24,3956,charge,ch_1,"龙井, ""明前""
zwei",ch_1,pi_1,card,p_1,
txn_4,2026-11-21 15:59:59,2026-11-21 15:59:59,cny,-5.00,0.00,-5.00,fee,,,,,,,
txn_5,2026-11-21 15:59:59,2026-11-21 15:59:59,cny,-5.00,0.00,-5.00,refund,re_2,,ch_1,pi_1,,,
`,
    );

    expect(linesOf(entries)).toMatchObject([
      {
        type: "refund",
        transactionId: "pi_1",
        outRefundNo: "r_1",
        refundId: "re_1",
        amountMinor: 500,
        outTradeNo: "p_1",
      },
      {
        number: 3,
        type: "payment",
        transactionId: "pi_1",
        amountMinor: 398_000,
        currency: "JPY",
        fee: "24",
        outTradeNo: "p_1",
      },
      { kind: "other", number: 5, what: "fee" },
      { type: "refund", outRefundNo: "re_2", refundId: "re_2" },
    ]);
  });

  test("with a third decimal that our book does not have is named", async () => {
    const [entry] = await readReport(
      `${header}txn_1,2026-11-21 15:59:59,,kwd,1.234,0,1,charge,ch_1,,ch_1,pi_1,card,p_1,\n`,
    );

    expect(entry).toEqual({ kind: "unreadable", number: 2, why: 'gross "1.234" is no amount' });
  });
});
