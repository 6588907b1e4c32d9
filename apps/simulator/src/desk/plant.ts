import { fromMinor, formatAmount, parseAmount, toMinor } from "@zhanggui/domain";

import type { PlantedDifference } from "../book/records.ts";
import type { StatementLine } from "./statement.ts";

/** The lines of one payment as its statement is to show them. Each difference is made to the first line of its kind. */
export function plant(
  lines: readonly StatementLine[],
  differences: readonly PlantedDifference[],
): readonly StatementLine[] {
  let shown = lines;
  for (const difference of differences) {
    const index = shown.findIndex(({ type }) => type === difference.of);
    const line = shown[index];
    if (line !== undefined) shown = shown.toSpliced(index, 1, ...differing(line, difference));
  }
  return shown;
}

function differing(line: StatementLine, difference: PlantedDifference): readonly StatementLine[] {
  switch (difference.difference) {
    case "missing":
      return [];
    case "extra":
      return [line, strangeLine(line)];
    case "amount":
      return [{ ...line, amount: moved(line.amount, difference.fen) }];
    case "status":
      return [{ ...line, status: "CLOSED" }];
  }
}

function strangeLine(line: StatementLine): StatementLine {
  const { outTradeNo, transactionId, outRefundNo, refundId } = line;
  return {
    ...line,
    outTradeNo: strange(outTradeNo),
    transactionId: strange(transactionId),
    ...(outRefundNo === undefined ? {} : { outRefundNo: strange(outRefundNo) }),
    ...(refundId === undefined ? {} : { refundId: strange(refundId) }),
  };
}

/** Another number of the same form: every vendor has its own rule for length and letters. */
function strange(number: string): string {
  return `${number.slice(0, -1)}${number.endsWith("0") ? "1" : "0"}`;
}

function moved(text: string, fen: number): string {
  const amount = parseAmount(text);
  return amount === undefined ? text : formatAmount(fromMinor(Math.max(0, toMinor(amount) + fen)));
}
