import { Decimal, formatAmount } from "@zhanggui/domain";
import { z } from "zod";

import type { Folder } from "../book/folders.ts";
import { shanghaiDay } from "../shanghai.ts";
import type { Call } from "./call.ts";

const input = z.object({ date: z.iso.date() });

const header = ["type", "out_trade_no", "transaction_id", "out_refund_no", "amount", "fee", "status", "time"];

/** What gateways in China commonly keep of a payment: 0.6 %. */
const feeRate = new Decimal("0.006");

/** The statement (对账单) of one Asia/Shanghai day: what was paid and what was refunded on it. */
export const statement: Call<z.infer<typeof input>> = {
  input,
  answer({ book }, { provider }, { date }) {
    const lines = [...book.all()]
      .filter(({ payment }) => payment.provider === provider)
      .flatMap((folder) => [...paymentLines(folder, date), ...refundLines(folder, date)]);
    return { kind: "csv", text: [header, ...lines].map((cells) => `${cells.map(csvCell).join(",")}\n`).join("") };
  },
};

function paymentLines({ payment }: Folder, date: string): readonly (readonly string[])[] {
  const { standing } = payment;
  if (standing.status !== "SUCCESS" || shanghaiDay(new Date(standing.paidAt)) !== date) return [];
  const fee = formatAmount(new Decimal(standing.paid).times(feeRate).toDecimalPlaces(2));
  return [
    ["payment", payment.outTradeNo, payment.transactionId, "", standing.paid, fee, standing.status, standing.paidAt],
  ];
}

function refundLines({ payment, refunds }: Folder, date: string): readonly (readonly string[])[] {
  const lines: (readonly string[])[] = [];
  for (const { outTradeNo, outRefundNo, refundAmount, standing } of refunds.values()) {
    if (standing.status !== "SUCCESS" || shanghaiDay(new Date(standing.settledAt)) !== date) continue;
    const { status, settledAt } = standing;
    lines.push(["refund", outTradeNo, payment.transactionId, outRefundNo, refundAmount, "0.00", status, settledAt]);
  }
  return lines;
}

function csvCell(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
