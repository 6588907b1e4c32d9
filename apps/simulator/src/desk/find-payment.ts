import { amountOf, statusOf, type Status } from "../book/standing.ts";
import type { Folder } from "../book/folders.ts";
import type { Payment, Refund } from "../book/records.ts";
import { noteLookup } from "../calls/note-call.ts";
import type { Desk } from "./desk.ts";

export type FoundPayment = {
  readonly payment: Payment;
  readonly status: Status;
  /** What was paid, or is due. */
  readonly amount: string;
  readonly refunds: readonly Refund[];
};

export function findPayment({ book, provider, now }: Desk, outTradeNo: string): FoundPayment | undefined {
  if (noteLookup({ provider, outTradeNo }, "query")) return undefined;
  const folder = book.find(provider, outTradeNo);
  return folder && foundOf(folder, now());
}

/** For a number of the vendor's own: its transaction id, or one that it keeps in `extra`. */
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

export type FoundRefund = { readonly refund: Refund; readonly payment: Payment };

export function findRefund({ book, provider }: Desk, outRefundNo: string): FoundRefund | undefined {
  const refund = book.findRefund(provider, outRefundNo);
  if (refund !== undefined && noteLookup(refund, "refund_query")) return undefined;
  const payment = refund && book.find(provider, refund.outTradeNo)?.payment;
  return refund && payment && { refund, payment };
}

function foundOf({ payment, refunds }: Folder, now: Date): FoundPayment {
  return { payment, status: statusOf(payment, now), amount: amountOf(payment), refunds: [...refunds.values()] };
}
