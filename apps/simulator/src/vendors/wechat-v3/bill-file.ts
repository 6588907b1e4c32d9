import { Decimal, formatAmount } from "@zhanggui/domain";

import { statementOf } from "../../desk/statement.ts";
import { type BillLine, type BillType, columnsOf } from "./bill-columns.ts";
import type { WechatHouse } from "./house.ts";

const byteOrderMark = "\uFEFF";
const lineTypes: Readonly<Record<BillType, readonly string[]>> = {
  ALL: ["payment", "refund"],
  SUCCESS: ["payment"],
  REFUND: ["refund"],
};

export type BillAsked = { readonly date: string; readonly type: BillType };

/**
 * The bill of one day in Beijing; `undefined` where nothing moved. UTF-8 with a mark, every value behind a backtick, and
 * the sums at the end.
 */
export function writeBill(house: WechatHouse, { date, type }: BillAsked): string | undefined {
  const lines = linesOf(house, date).filter(({ line }) => lineTypes[type].includes(line.type));
  if (lines.length === 0) return undefined;
  const columns = columnsOf(type);
  const summary = summaryOf(lines);
  const rows = [
    columns.map(({ name }) => name).join(","),
    ...lines.map((line) => rowOf(columns.map(({ value }) => value(line)))),
    Object.keys(summary).join(","),
    rowOf(Object.values(summary)),
  ];
  return byteOrderMark + rows.map((row) => `${row}\r\n`).join("");
}

function linesOf(house: WechatHouse, date: string): readonly BillLine[] {
  const { account, book, provider } = house;
  return statementOf(house, date).map((line) => {
    const folder = book.find(provider, line.outTradeNo);
    const refund = folder?.refunds.get(line.outRefundNo ?? "");
    return { account, extra: folder?.payment.extra, line, requestedAt: refund && new Date(refund.createdAt) };
  });
}

/** A comma within a value is kept: readers split at comma and backtick together. */
function rowOf(values: readonly string[]): string {
  return values.map((value) => `\`${value.replaceAll(/[\r\n`]/g, " ")}`).join(",");
}

function summaryOf(lines: readonly BillLine[]): Readonly<Record<string, string>> {
  const sum = (type: string, pick: (line: BillLine["line"]) => string) =>
    lines.filter(({ line }) => line.type === type).reduce((total, { line }) => total.plus(pick(line)), new Decimal(0));
  const paid = formatAmount(sum("payment", ({ amount }) => amount));
  const returned = formatAmount(sum("refund", ({ amount }) => amount));
  const fees = sum("payment", ({ fee }) => fee).plus(sum("refund", ({ fee }) => fee));
  return {
    总交易单数: String(lines.length),
    应结订单总金额: paid,
    退款总金额: returned,
    充值券退款总金额: "0.00",
    手续费总金额: fees.toFixed(5),
    订单总金额: paid,
    申请退款总金额: returned,
  };
}
