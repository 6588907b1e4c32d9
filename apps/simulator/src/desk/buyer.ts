import type { Payment } from "../book/records.ts";

const word = "buyerCameAt";

/** The payment once its buyer has come, which is noted the first time only: some gateways know of no payment before. */
export function withBuyer(payment: Payment, at: Date): Payment {
  if (buyerCameAt(payment) !== undefined) return payment;
  return { ...payment, extra: { ...payment.extra, [word]: at.toISOString() } };
}

/** When the buyer first opened the cashier or was played, as an ISO instant. */
export function buyerCameAt(payment: Payment): string | undefined {
  return payment.extra?.[word];
}
