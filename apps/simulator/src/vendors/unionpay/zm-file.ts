import { Decimal, formatAmount } from "@zhanggui/domain";

import { chargesOf } from "../../book/charges.ts";
import type { StatementLine } from "../../desk/statement.ts";
import { beijingText } from "./beijing-time.ts";
import { fenText } from "./fen.ts";
import type { UnionpayHouse } from "./house.ts";
import { traceNoOf } from "./numbers.ts";
import { maskedCard, refundType } from "./order-facts.ts";

/**
 * The columns of a ZM file (文件接口规范 6.1; the widths of UnionPay's SDK), each with its width in bytes. One space
 * stands between two.
 */
const columns = [
  ["code", 3],
  ["agent", 11],
  ["sender", 11],
  ["traceNo", 6],
  ["traceTime", 10],
  ["card", 19],
  ["amount", 12],
  ["merchantCategory", 4],
  ["terminalType", 2],
  ["queryId", 21],
  ["formerPayType", 2],
  ["orderId", 32],
  ["cardType", 2],
  ["origTraceNo", 6],
  ["origTime", 10],
  ["fee", 13],
  ["settled", 13],
  ["payType", 4],
  ["group", 15],
  ["txnType", 2],
  ["txnSubType", 2],
  ["bizType", 6],
  ["accountType", 2],
  ["billType", 4],
  ["billNo", 32],
  ["interaction", 1],
  ["origQryId", 21],
  ["merId", 15],
  ["splitMode", 1],
  ["subMerId", 15],
  ["subMerName", 32],
  ["subMerAmount", 13],
  ["net", 13],
  ["terminal", 8],
  ["reserved", 32],
  ["discount", 13],
  ["invoice", 13],
  ["instalmentFee", 12],
  ["instalments", 2],
  ["medium", 1],
  ["origOrderId", 32],
  ["unused", 98],
] as const;

type Column = (typeof columns)[number][0];
type Cells = Readonly<Partial<Record<Column, string>>>;

/** Transaction codes of the file: 消费, 消费撤销, 退货. */
const codes = { "01": "S22", "31": "S31", "04": "S30" } as const;

/** The day's transactions, a line each. No column that is filled holds Chinese, so that GBK is ASCII here. */
export function zmFile(house: UnionpayHouse, lines: readonly StatementLine[]): Buffer {
  return Buffer.from(lines.map((line) => `${rowOf(cellsOf(house, line))}\r\n`).join(""), "ascii");
}

function rowOf(cells: Cells): string {
  return columns.map(([name, width]) => (cells[name] ?? "").slice(0, width).padEnd(width)).join(" ");
}

function cellsOf(house: UnionpayHouse, line: StatementLine): Cells {
  const cells = line.type === "payment" ? paymentCells(line) : refundCells(house, line);
  return {
    ...cells,
    traceTime: beijingText(new Date(line.time)).slice(4),
    card: maskedCard,
    amount: digits(line.amount),
    fee: `D${digits(line.fee)}`,
    cardType: "01",
    bizType: "000201",
    terminalType: "07",
    merId: house.account.merId,
  };
}

function paymentCells({ outTradeNo, transactionId, amount, fee }: StatementLine): Cells {
  return {
    code: codes["01"],
    traceNo: traceNoOf(transactionId),
    queryId: transactionId,
    orderId: outTradeNo,
    settled: `C${digits(formatAmount(new Decimal(amount).minus(fee)))}`,
    txnType: "01",
    txnSubType: "01",
  };
}

function refundCells({ book, provider }: UnionpayHouse, line: StatementLine): Cells {
  const { outRefundNo = "", refundId = "", outTradeNo, amount } = line;
  const payment = book.find(provider, outTradeNo)?.payment;
  const extra = book.findRefund(provider, outRefundNo)?.extra;
  const txnType = refundType(extra);
  const origQryId = extra?.["origQryId"] ?? line.transactionId;
  const charge = payment && chargesOf(payment).find(({ transactionId }) => transactionId === origQryId);
  return {
    code: codes[txnType],
    traceNo: traceNoOf(refundId),
    queryId: refundId,
    orderId: outRefundNo,
    origTraceNo: traceNoOf(origQryId),
    ...(charge === undefined ? {} : { origTime: beijingText(new Date(charge.paidAt)).slice(4) }),
    settled: `D${digits(amount)}`,
    txnType,
    txnSubType: "00",
    origQryId,
    origOrderId: outTradeNo,
  };
}

function digits(yuan: string): string {
  return fenText(yuan).padStart(12, "0");
}
