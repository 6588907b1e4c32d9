import { amountOf, statusOf, type Status } from "../book/standing.ts";
import { byTransaction, refundedTransaction } from "../book/charges.ts";
import type { Folder } from "../book/folders.ts";
import type { Payment, Refund } from "../book/records.ts";
import { noteLookup } from "../calls/note-call.ts";
import type { Desk } from "./desk.ts";

export type FoundPayment = {
  readonly payment: Payment;
  readonly status: Status;
  /** What was paid, or is due. */
  readonly amount: string;
  /** Of this charge alone. */
  readonly refunds: readonly Refund[];
};

/** By the merchant's number: its first charge, where it has several. */
export function findPayment({ book, provider, now }: Desk, outTradeNo: string): FoundPayment | undefined {
  if (noteLookup({ provider, outTradeNo }, "query")) return undefined;
  const folder = book.find(provider, outTradeNo);
  return folder && foundOf(folder, now());
}

/** By the gateway's own number: the charge of that number, which need not be the payment's first. */
export function findTransaction({ book, provider, now }: Desk, transactionId: string): FoundPayment | undefined {
  for (const folder of book.all()) {
    const found = folder.payment.provider === provider ? byTransaction(folder, transactionId) : undefined;
    if (found !== undefined) return noteLookup(found.payment, "query") ? undefined : foundOf(found, now());
  }
  return undefined;
}

/** By a word of the vendor's own, which it keeps in `extra`. */
export function findPaymentWhere(
  { book, provider, now }: Desk,
  isWanted: (payment: Payment) => boolean,
): FoundPayment | undefined {
  for (const folder of book.all()) {
    if (folder.payment.provider !== provider || !isWanted(folder.payment)) continue;
    return noteLookup(folder.payment, "query") ? undefined : foundOf(folder, now());
  }
  return undefined;
}

/** `payment` as its charge that is given back. */
export type FoundRefund = { readonly refund: Refund; readonly payment: Payment };

export function findRefund({ book, provider }: Desk, outRefundNo: string): FoundRefund | undefined {
  const refund = book.findRefund(provider, outRefundNo);
  if (refund !== undefined && noteLookup(refund, "refund_query")) return undefined;
  const folder = refund && book.find(provider, refund.outTradeNo);
  const charged = folder && byTransaction(folder, refundedTransaction(folder.payment, refund));
  return charged && { refund, payment: charged.payment };
}

function foundOf({ payment, refunds }: Folder, now: Date): FoundPayment {
  const own = [...refunds.values()].filter((refund) => refundedTransaction(payment, refund) === payment.transactionId);
  return { payment, status: statusOf(payment, now), amount: amountOf(payment), refunds: own };
}
