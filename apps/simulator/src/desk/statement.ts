import { Decimal, formatAmount } from "@zhanggui/domain";

import { chargesOf, refundedTransaction } from "../book/charges.ts";
import type { Folder } from "../book/folders.ts";
import { shanghaiDay } from "../shanghai.ts";
import { noteStatement } from "../calls/note-call.ts";
import type { Desk } from "./desk.ts";
import { plant } from "./plant.ts";

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
  readonly status: "SUCCESS" | "CLOSED";
  readonly time: string;
};

/** What gateways in China commonly keep of a payment: 0.6 %. */
const feeRate = new Decimal("0.006");

/**
 * What was paid and what was refunded on one day, `yyyy-mm-dd`, with the differences that were planted. It is Shanghai's
 * where the gateway ends its own at no other hour.
 */
export function statementOf(
  { book, provider }: Pick<Desk, "book" | "provider">,
  date: string,
  dayOf: (at: Date) => string = shanghaiDay,
): readonly StatementLine[] {
  noteStatement(provider);
  return [...book.all()]
    .filter(({ payment }) => payment.provider === provider)
    .flatMap((folder) => linesOf(folder, (time) => dayOf(new Date(time)) === date));
}

/** The same for one payment and whatever times (ISO instants) are wanted: not every gateway's day is Shanghai's. */
export function linesOf(folder: Folder, isWanted: (time: string) => boolean): readonly StatementLine[] {
  const lines = [...paymentLines(folder), ...refundLines(folder)];
  return plant(
    lines.filter(({ time }) => isWanted(time)),
    folder.payment.planted ?? [],
  );
}

function paymentLines({ payment }: Folder): readonly StatementLine[] {
  const { outTradeNo, currency, subject } = payment;
  return chargesOf(payment).map(({ transactionId, paid, paidAt }) => {
    const fee = formatAmount(new Decimal(paid).times(feeRate).toDecimalPlaces(2));
    const money = { amount: paid, fee, currency };
    return { type: "payment", outTradeNo, transactionId, ...money, subject, status: "SUCCESS", time: paidAt };
  });
}

function refundLines({ payment, refunds }: Folder): readonly StatementLine[] {
  const { currency, subject } = payment;
  const lines: StatementLine[] = [];
  for (const refund of refunds.values()) {
    const { outTradeNo, outRefundNo, refundId, refundAmount, standing } = refund;
    if (standing.status !== "SUCCESS") continue;
    const transactionId = refundedTransaction(payment, refund);
    const numbers = { outTradeNo, transactionId, outRefundNo, refundId };
    const money = { amount: refundAmount, fee: "0.00", currency };
    lines.push({ type: "refund", ...numbers, ...money, subject, status: "SUCCESS", time: standing.settledAt });
  }
  return lines;
}
