import { readBeijingTime } from "../reading/beijing-time.ts";
import {
  UnreadableLine,
  entryOf,
  feeOf,
  idOf,
  minorOf,
  optionalId,
  shown,
  timeOf,
} from "../reading/statement-cells.ts";
import { type Columns, type CsvRecord, columnsOf, csvRecordsOf } from "../reading/statement-text.ts";
import { StatementError, type StatementEntry, type StatementFormat, beijingDay } from "../statement-format.ts";
import type { AlipayAccount } from "./account.ts";

/** Alipay's names without the unit that stands behind an amount. */
const wanted = {
  transactionId: ["支付宝交易号"],
  outTradeNo: ["商户订单号"],
  type: ["业务类型"],
  time: ["完成时间"],
  amount: ["订单金额"],
  outRefundNo: ["退款批次号/请求号"],
  fee: ["服务费", undefined],
} as const;

type AlipayColumns = Columns<keyof typeof wanted>;
type Header = { readonly columns: AlipayColumns; readonly width: number };

/** `#-----业务明细列表结束-----`, and the sums behind it. */
const endMark = "列表结束";
const countOf = /^#(交易|退款)合计：(\d+)笔/;
const accountOf = /^#账号：\[(\d{16})/;

/**
 * Reads the detail file (业务明细) of Alipay's trade bill: GBK, comments behind `#`, numbers ended by a TAB, refunds and
 * the fee negative. Some of its columns vary between merchants, so that all are found by name.
 */
export const alipayStatement: StatementFormat<AlipayAccount> = { ...beijingDay, read: readLines };

async function* readLines(
  { seller_id: sellerId }: AlipayAccount,
  file: AsyncIterable<Uint8Array>,
): AsyncGenerator<StatementEntry> {
  let header: Header | undefined;
  let isEnded = false;
  const rows: Record<string, number> = { 交易: 0, 退款: 0 };
  for await (const record of csvRecordsOf(file, "gbk")) {
    const first = record.cells[0]?.trim() ?? "";
    if (first.startsWith("#")) {
      checkComment(first, sellerId, rows);
      isEnded ||= header !== undefined && first.includes(endMark);
    } else if (header === undefined) {
      header = readHeader(record);
    } else if (!isEnded) {
      const { columns } = header;
      const type = columns.type(record.cells);
      rows[type] = (rows[type] ?? 0) + 1;
      yield entryOf(record.number, () => readRecord(record, header));
    }
  }
  if (header === undefined) throw new StatementError("the file has no header: it is empty or cut off");
  if (!isEnded) throw new StatementError("the file ends before its end mark: it was cut off");
}

function checkComment(comment: string, sellerId: string, rows: Readonly<Record<string, number>>): void {
  const [, account] = accountOf.exec(comment) ?? [];
  if (account !== undefined && account !== sellerId) {
    throw new StatementError(`the file is account ${account}'s, not ${sellerId}'s`);
  }
  const [, type = "", count] = countOf.exec(comment) ?? [];
  if (count !== undefined && Number(count) !== rows[type]) {
    throw new StatementError(`the file counts ${count} rows of ${type} and has ${rows[type]}`);
  }
}

function readHeader({ cells }: CsvRecord): Header {
  const names = cells.map((name) => name.trim().replace(/[（(]元[）)]$/, ""));
  return { columns: columnsOf(names, wanted), width: names.length };
}

function readRecord({ number, cells }: CsvRecord, header: Header | undefined): StatementEntry {
  if (cells.length !== header?.width) {
    throw new UnreadableLine(`it has ${cells.length} values and its header ${header?.width ?? 0}`);
  }
  const { columns } = header;
  const type = columns.type(cells);
  if (type !== "交易" && type !== "退款") throw new UnreadableLine(`type ${shown(type)} is neither 交易 nor 退款`);
  const line = {
    number,
    outTradeNo: idOf(columns.outTradeNo(cells), "outTradeNo"),
    transactionId: idOf(columns.transactionId(cells), "transactionId"),
    amountMinor: minorOf(columns.amount(cells)),
    ...feeOf(columns.fee(cells), -1),
    currency: "CNY",
    status: "succeeded",
    rawStatus: type,
    occurredAt: timeOf(columns.time(cells), [readBeijingTime]),
  } as const;
  return type === "交易"
    ? { kind: "line", line: { ...line, type: "payment" } }
    : { kind: "line", line: { ...line, type: "refund", ...optionalId("outRefundNo", columns.outRefundNo(cells)) } };
}
