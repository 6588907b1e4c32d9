import type { Folder } from "./folders.ts";
import type { Payment, Refund } from "./records.ts";

/** Money that a gateway took for a payment, and its own number for that. `paid` is yuan text, `paidAt` an ISO instant. */
export type Charge = { readonly transactionId: string; readonly paid: string; readonly paidAt: string };

/** In the order in which they were made: none before it is paid, several where the buyer was charged again. */
export function chargesOf({ transactionId, standing, paidAgain = [] }: Payment): readonly Charge[] {
  if (standing.status !== "SUCCESS") return [];
  const { paid, paidAt } = standing;
  return [{ transactionId, paid, paidAt }, ...paidAgain];
}

/** The number of the charge whose money a refund gives back. */
export function refundedTransaction(payment: Payment, { transactionId = payment.transactionId }: Refund): string {
  return transactionId;
}

/**
 * The folder as who knows only this number of the gateway sees it: what was charged under it, and that charge's refunds.
 * Nothing when the payment has no such number. To be read and not to be put into the book.
 */
export function byTransaction(folder: Folder, transactionId: string): Folder | undefined {
  const payment = paymentOf(folder.payment, transactionId);
  if (payment === undefined) return undefined;
  const own = [...folder.refunds].filter(([, refund]) => refundedTransaction(folder.payment, refund) === transactionId);
  return { ...folder, payment, refunds: new Map(own) };
}

/** One folder for each charge, or the folder itself where there is none yet. */
export function eachTransaction(folder: Folder): readonly Folder[] {
  const numbers = new Set([
    folder.payment.transactionId,
    ...chargesOf(folder.payment).map((each) => each.transactionId),
  ]);
  return [...numbers].flatMap((number) => byTransaction(folder, number) ?? []);
}

function paymentOf(payment: Payment, transactionId: string): Payment | undefined {
  const { paidAgain = [], ...first } = payment;
  if (payment.transactionId === transactionId) return first;
  const again = paidAgain.find((charge) => charge.transactionId === transactionId);
  if (again === undefined) return undefined;
  const { paid, paidAt } = again;
  return { ...first, transactionId, standing: { status: "SUCCESS", paid, paidAt } };
}
