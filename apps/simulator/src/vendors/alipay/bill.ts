import { Decimal, formatAmount } from "@zhanggui/domain";

import { buyerCameAt } from "../../desk/buyer.ts";
import { type StatementLine, statementOf } from "../../desk/statement.ts";
import { beijingText } from "./beijing.ts";
import type { AlipayHouse } from "./house.ts";
import { buyer } from "./trade.ts";

export type BillLine = StatementLine & { readonly createdAt: string };
export type BillHeading = { readonly account: string; readonly date: string; readonly exportedAt: string };

const maximumDays = 31;
const nothing = "0.00";

const detailColumns = [
  "支付宝交易号",
  "商户订单号",
  "业务类型",
  "商品名称",
  "创建时间",
  "完成时间",
  "门店编号",
  "门店名称",
  "操作员",
  "终端号",
  "对方账户",
  "订单金额（元）",
  "商家实收（元）",
  "支付宝红包（元）",
  "集分宝（元）",
  "支付宝优惠（元）",
  "商家优惠（元）",
  "券核销金额（元）",
  "券名称",
  "商家红包消费金额（元）",
  "卡消费金额（元）",
  "退款批次号/请求号",
  "服务费（元）",
  "分润（元）",
  "备注",
];

const summaryColumns = [
  "门店编号",
  "门店名称",
  "交易订单总笔数",
  "退款订单总笔数",
  "订单金额（元）",
  "商家实收（元）",
  "支付宝优惠（元）",
  "商家优惠（元）",
  "卡消费金额（元）",
  "服务费（元）",
  "分润（元）",
  "实收净额（元）",
];

/** What moved on a day, or on the days of a month. */
export function billLines(house: AlipayHouse, date: string): readonly BillLine[] {
  return daysOf(date).flatMap((day) =>
    statementOf(house, day).map((line) => {
      const payment = house.book.find(house.provider, line.outTradeNo)?.payment;
      const createdAt = line.type === "payment" && payment ? buyerCameAt(payment) : undefined;
      return { ...line, createdAt: createdAt ?? line.time };
    }),
  );
}

/** `…_业务明细.csv` */
export function detailText(lines: readonly BillLine[], heading: BillHeading): string {
  const [payments, refunds] = [linesOf(lines, "payment"), linesOf(lines, "refund")];
  return textOf([
    "#支付宝业务明细查询",
    ...headingLines(heading),
    `#-----------------------------------------业务明细列表${"-".repeat(40)}`,
    detailColumns.join(","),
    ...lines.map((line) => cellsOf(line).map(csvCell).join(",")),
    `#-----------------------------------------业务明细列表结束${"-".repeat(36)}`,
    `#交易合计：${payments.length}笔，商家实收共${sumOf(payments, amountOf)}元，商家优惠共0.00元`,
    `#退款合计：${refunds.length}笔，商家实收退款共${sumOf(refunds, amountOf)}元，商家优惠退款共0.00元`,
    `#导出时间：[${chineseTime(heading.exportedAt)}]`,
  ]);
}

/** `…_业务明细(汇总).csv` */
export function summaryText(lines: readonly BillLine[], heading: BillHeading): string {
  const [payments, refunds] = [linesOf(lines, "payment").length, linesOf(lines, "refund").length];
  const [taken, fees] = [sumOf(lines, amountOf), sumOf(lines, feeOf)];
  const net = formatAmount(new Decimal(taken).plus(fees));
  const total = ["合计", "", payments, refunds, taken, taken, nothing, nothing, nothing, fees, nothing, net];
  return textOf([
    "#支付宝业务汇总查询",
    ...headingLines(heading),
    `#-----------------------------------------业务汇总列表${"-".repeat(40)}`,
    summaryColumns.join(","),
    total.join(","),
    `#-----------------------------------------业务汇总列表结束${"-".repeat(36)}`,
    `#导出时间：[${chineseTime(heading.exportedAt)}]`,
  ]);
}

/** One of `detailColumns` each. Long numbers end with a tab, which keeps spreadsheets from reading them as numbers. */
function cellsOf(line: BillLine): readonly string[] {
  const { transactionId, outTradeNo, outRefundNo, subject } = line;
  const [amount, fee] = [formatAmount(amountOf(line)), formatAmount(feeOf(line))];
  const times = [beijingText(new Date(line.createdAt)), beijingText(new Date(line.time))];
  const kind = line.type === "payment" ? "交易" : "退款";
  const shop = ["", "", "", ""];
  const discounts = [nothing, nothing, nothing, nothing, nothing, "", nothing, nothing];
  const request = outRefundNo === undefined ? "" : `${outRefundNo}\t`;
  const numbers = [`${transactionId}\t`, `${outTradeNo}\t`];
  return [
    ...numbers,
    kind,
    subject,
    ...times,
    ...shop,
    buyer.logonId,
    amount,
    amount,
    ...discounts,
    request,
    fee,
    nothing,
    "",
  ];
}

/** Refunds are negative. */
function amountOf({ type, amount }: BillLine): Decimal {
  return type === "payment" ? new Decimal(amount) : new Decimal(amount).negated();
}

/** What Alipay kept is negative, as it is in its own files. */
function feeOf({ fee }: BillLine): Decimal {
  return new Decimal(fee).isZero() ? new Decimal(0) : new Decimal(fee).negated();
}

function sumOf(lines: readonly BillLine[], what: (line: BillLine) => Decimal): string {
  return formatAmount(lines.reduce((sum, line) => sum.plus(what(line)), new Decimal(0)));
}

function linesOf(lines: readonly BillLine[], type: BillLine["type"]): readonly BillLine[] {
  return lines.filter((line) => line.type === type);
}

function headingLines({ account, date }: BillHeading): readonly string[] {
  const days = daysOf(date);
  const first = days[0] ?? date;
  const end = new Date(`${days.at(-1) ?? date}T24:00:00+08:00`);
  const [from, to] = [chineseTime(`${first} 00:00:00`), chineseTime(beijingText(end))];
  return [`#账号：[${account}]`, `#起始日期：[${from}]   终止日期：[${to}]`];
}

/** The day itself, or the days of a month. */
function daysOf(date: string): readonly string[] {
  if (date.length === "yyyy-MM-dd".length) return [date];
  const days = Array.from({ length: maximumDays }, (_, index) => `${date}-${String(index + 1).padStart(2, "0")}`);
  return days.filter((day) => new Date(`${day}T00:00:00Z`).getUTCDate() === Number(day.slice(-2)));
}

/** `yyyy-MM-dd HH:mm:ss` as `yyyy年MM月dd日 HH:mm:ss`. */
function chineseTime(text: string): string {
  return text.replace(/^(\d{4})-(\d\d)-(\d\d)/, "$1年$2月$3日");
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join("");
}
