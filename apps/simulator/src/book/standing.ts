import type { Payment } from "./records.ts";

/** The status word that the gateway gives for a payment at a moment. */
export type Status = Payment["standing"]["status"] | "EXPIRED";

/** An unpaid payment past its deadline is expired, though nothing happened to it. */
export function statusOf(payment: Payment, now: Date): Status {
  const { status } = payment.standing;
  const open = status === "NOTPAY" || status === "PAYERROR";
  return open && now.getTime() >= Date.parse(payment.expiresAt) ? "EXPIRED" : status;
}

/** What was paid, or is due. */
export function amountOf(payment: Payment): string {
  return payment.standing.status === "SUCCESS" ? payment.standing.paid : payment.amount;
}
