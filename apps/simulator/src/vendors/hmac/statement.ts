import { z } from "zod";

import { type StatementLine, statementOf } from "../../desk/statement.ts";
import type { Call } from "./call.ts";

const input = z.object({ date: z.iso.date() });

const header = ["type", "out_trade_no", "transaction_id", "out_refund_no", "amount", "fee", "status", "time"];

/** The statement (对账单) of one Asia/Shanghai day: what was paid and what was refunded on it. */
export const statement: Call<z.infer<typeof input>> = {
  input,
  answer(house, { date }) {
    const lines = statementOf(house, date).map(cellsOf);
    return { kind: "csv", text: [header, ...lines].map((cells) => `${cells.map(csvCell).join(",")}\n`).join("") };
  },
};

function cellsOf(line: StatementLine): readonly string[] {
  const { type, outTradeNo, transactionId, outRefundNo = "", amount, fee, status, time } = line;
  return [type, outTradeNo, transactionId, outRefundNo, amount, fee, status, time];
}

function csvCell(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
