import { Decimal, formatAmount } from "@zhanggui/domain";

import type { Folder } from "../book/folders.ts";
import { shanghaiDay } from "../shanghai.ts";
import type { Desk } from "./desk.ts";

/** Money that moved. Amounts are yuan text without a sign; `time` is an ISO instant. */
export type StatementLine = {
  readonly type: "payment" | "refund";
  readonly outTradeNo: string;
  readonly transactionId: string;
  /** Of a refund. */
  readonly outRefundNo?: string;
  readonly refundId?: string;
  readonly amount: string;
  /** What the gateway kept. */
  readonly fee: string;
  readonly currency: string;
  readonly subject: string;
  readonly status: "SUCCESS";
  readonly time: string;
};

/** What gateways in China commonly keep of a payment: 0.6 %. */
const feeRate = new Decimal("0.006");

/** What was paid and what was refunded on one Asia/Shanghai day, `yyyy-mm-dd`. */
export function statementOf({ book, provider }: Desk, date: string): readonly StatementLine[] {
  return [...book.all()]
    .filter(({ payment }) => payment.provider === provider)
    .flatMap((folder) => [...paymentLines(folder, date), ...refundLines(folder, date)]);
}

function paymentLines({ payment }: Folder, date: string): readonly StatementLine[] {
  const { standing, outTradeNo, transactionId, currency, subject } = payment;
  if (standing.status !== "SUCCESS" || shanghaiDay(new Date(standing.paidAt)) !== date) return [];
  const fee = formatAmount(new Decimal(standing.paid).times(feeRate).toDecimalPlaces(2));
  const money = { amount: standing.paid, fee, currency };
  return [{ type: "payment", outTradeNo, transactionId, ...money, subject, status: "SUCCESS", time: standing.paidAt }];
}

function refundLines({ payment, refunds }: Folder, date: string): readonly StatementLine[] {
  const { transactionId, currency, subject } = payment;
  const lines: StatementLine[] = [];
  for (const { outTradeNo, outRefundNo, refundId, refundAmount, standing } of refunds.values()) {
    if (standing.status !== "SUCCESS" || shanghaiDay(new Date(standing.settledAt)) !== date) continue;
    const numbers = { outTradeNo, transactionId, outRefundNo, refundId };
    const money = { amount: refundAmount, fee: "0.00", currency };
    lines.push({ type: "refund", ...numbers, ...money, subject, status: "SUCCESS", time: standing.settledAt });
  }
  return lines;
}
