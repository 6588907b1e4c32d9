import { readBeijingTime } from "../reading/beijing-time.ts";
import { UnreadableLine, entryOf, idOf, shown } from "../reading/statement-cells.ts";
import { linesOf } from "../reading/statement-text.ts";
import { StatementError, type StatementEntry, type StatementFormat } from "../statement-format.ts";
import type { UnionpayAccount } from "./account.ts";

/** Widths of a ZM file's columns in bytes, one space between two (UnionPay's SDK; 文件接口规范 6.1). */
const widths = [
  3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13,
  8, 32, 13, 13, 12, 2, 1, 32, 98,
];

/** Which column, from 0, holds what is read. */
const columns = {
  time: 4,
  amount: 6,
  queryId: 9,
  orderId: 11,
  fee: 15,
  txnType: 19,
  origQryId: 26,
  merId: 27,
} as const;

const starts = widths.map((_, column) => widths.slice(0, column).reduce((sum, width) => sum + width + 1, 0));
/** What is behind the last column that is read may be missing. */
const shortest = (starts[columns.merId] ?? 0) + (widths[columns.merId] ?? 0);

/** 消费; 消费撤销 and 退货. */
const types: ReadonlyMap<string, "payment" | "refund"> = new Map([
  ["01", "payment"],
  ["31", "refund"],
  ["04", "refund"],
]);

/**
 * Reads UnionPay's ZM file: fixed-width GBK lines, cut by bytes, of what has succeeded on one settlement day. That day
 * ends at about 23:00 of Beijing, so that an hour around its ends is left to both days.
 */
export const unionpayStatement: StatementFormat<UnionpayAccount> = {
  dayBeginsMinutesBeforeUtc: 9 * 60,
  slackMinutes: 60,
  read: readLines,
};

async function* readLines(
  { merId }: UnionpayAccount,
  file: AsyncIterable<Uint8Array>,
  date: string,
): AsyncGenerator<StatementEntry> {
  let lines = 0;
  for await (const { number, bytes } of linesOf(file)) {
    if (bytes.length === 0) continue;
    lines += 1;
    yield entryOf(number, () => readLine(number, bytes, { merId, date }));
  }
  if (lines === 0) throw new StatementError("the file is empty");
}

function readLine(
  number: number,
  bytes: Buffer,
  { merId, date }: Pick<UnionpayAccount, "merId"> & { readonly date: string },
): StatementEntry {
  if (bytes.length < shortest) throw new UnreadableLine(`it has ${bytes.length} bytes, not ${shortest} or more`);
  const cell = (name: keyof typeof columns): string => {
    const column = columns[name];
    const start = starts[column] ?? 0;
    return bytes.toString("latin1", start, start + (widths[column] ?? 0)).trim();
  };
  if (cell("merId") !== merId) throw new UnreadableLine(`it is merchant ${shown(cell("merId"))}'s, not ours`);
  const type = types.get(cell("txnType"));
  if (type === undefined) throw new UnreadableLine(`transaction type ${shown(cell("txnType"))} is not known`);

  const shared = {
    number,
    amountMinor: fenOf(cell("amount")),
    ...feeOf(cell("fee")),
    currency: "CNY",
    status: "succeeded",
    rawStatus: cell("txnType"),
    occurredAt: timeNear(cell("time"), date),
  } as const;
  const queryId = idOf(cell("queryId"), "queryId");
  const orderId = idOf(cell("orderId"), "orderId");
  if (type === "payment") {
    return { kind: "line", line: { ...shared, type, transactionId: queryId, outTradeNo: orderId } };
  }
  const transactionId = idOf(cell("origQryId"), "origQryId");
  return { kind: "line", line: { ...shared, type, transactionId, refundId: queryId, outRefundNo: orderId } };
}

function fenOf(digits: string): number {
  if (!/^\d{1,12}$/.test(digits)) throw new UnreadableLine(`amount ${shown(digits)} is no amount`);
  return Number(digits);
}

/** `D` (taken from the merchant) or `C` (given), and fen. */
function feeOf(text: string): { readonly fee?: string } {
  if (text === "") return {};
  const [, sign, digits = ""] = /^([CD])(\d{1,12})$/.exec(text) ?? [];
  if (sign === undefined) throw new UnreadableLine(`fee ${shown(text)} is no amount`);
  const yuan = `${digits
    .padStart(3, "0")
    .slice(0, -2)
    .replace(/^0+(?=\d)/, "")}.${digits.padStart(3, "0").slice(-2)}`;
  return { fee: sign === "C" && Number(digits) > 0 ? `-${yuan}` : yuan };
}

/** `MMDDhhmmss` has no year: it is the one that brings it nearest to the statement's day. */
function timeNear(text: string, date: string): Date {
  const year = Number(date.slice(0, 4));
  const day = Date.parse(`${date}T00:00:00+08:00`);
  const [nearest] = [year - 1, year, year + 1]
    .map((some) => readBeijingTime(`${some}${text}`))
    .filter((time) => time !== undefined)
    .toSorted((left, right) => Math.abs(left.getTime() - day) - Math.abs(right.getTime() - day));
  if (nearest === undefined) throw new UnreadableLine(`time ${shown(text)} is none`);
  return nearest;
}
