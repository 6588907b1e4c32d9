import { readBeijingTime } from "../reading/beijing-time.ts";
import { readRfc3339 } from "../reading/instant.ts";
import {
  UnreadableLine,
  currencyOf,
  feeOf,
  idOf,
  minorOf,
  optionalId,
  shown,
  timeOf,
  wordOf,
} from "../reading/statement-cells.ts";
import { readTable } from "../reading/statement-table.ts";
import type { Columns, CsvRecord } from "../reading/statement-text.ts";
import { type StatementEntry, type StatementFormat, beijingDay } from "../statement-format.ts";
import type { HmacKeys } from "./account.ts";
import { paymentStatusOf, readRefundStatus } from "./notice.ts";

/** The contract's columns, and one that a gateway with more than one currency may add. */
const wanted = {
  type: ["type"],
  outTradeNo: ["out_trade_no"],
  transactionId: ["transaction_id"],
  outRefundNo: ["out_refund_no"],
  amount: ["amount"],
  fee: ["fee", undefined],
  status: ["status"],
  time: ["time"],
  currency: ["currency", undefined],
} as const;

type HmacColumns = Columns<keyof typeof wanted>;

export const hmacStatement: StatementFormat<HmacKeys> = {
  ...beijingDay,
  read: (_, file) => readTable(file, wanted, readRecord),
};

function readRecord({ number, cells }: CsvRecord, columns: HmacColumns): StatementEntry {
  const type = columns.type(cells);
  const rawStatus = columns.status(cells);
  const shared = {
    number,
    ...optionalId("outTradeNo", columns.outTradeNo(cells)),
    amountMinor: minorOf(columns.amount(cells)),
    ...feeOf(columns.fee(cells)),
    currency: currencyOf(columns.currency(cells) || "CNY"),
    rawStatus: wordOf(rawStatus),
    occurredAt: timeOf(columns.time(cells), [readRfc3339, readBeijingTime]),
  };
  if (type === "payment") {
    const transactionId = idOf(columns.transactionId(cells), "transaction_id");
    const status = standingOf(paymentStatusOf(rawStatus));
    return { kind: "line", line: { ...shared, type, transactionId, status } };
  }
  if (type === "refund") {
    const status = standingOf(readRefundStatus(rawStatus).replace("refund_", ""));
    const numbers = {
      outRefundNo: idOf(columns.outRefundNo(cells), "out_refund_no"),
      ...optionalId("transactionId", columns.transactionId(cells)),
    };
    return { kind: "line", line: { ...shared, type, ...numbers, status } };
  }
  throw new UnreadableLine(`type ${shown(type)} is neither payment nor refund`);
}

function standingOf(status: string): "succeeded" | "processing" | "failed" {
  return status === "succeeded" || status === "processing" ? status : "failed";
}
