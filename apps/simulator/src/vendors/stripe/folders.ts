import { eachTransaction } from "../../book/charges.ts";
import type { Folder } from "../../book/folders.ts";
import type { Payment } from "../../book/records.ts";
import { noteListed, noteLookup } from "../../calls/note-call.ts";
import type { StripeOffice } from "./house.ts";
import type { Metadata } from "./parameters.ts";

const bookNumber = /^[\x21-\x7e]{1,64}$/;

export function foldersOf({ book, provider }: Pick<StripeOffice, "book" | "provider">): readonly Folder[] {
  return [...book.all()].filter(({ payment }) => payment.provider === provider);
}

/** One folder for each intent: a buyer who is charged again has paid another intent of the same metadata. */
export function intentFoldersOf(office: Pick<StripeOffice, "book" | "provider">): readonly Folder[] {
  return foldersOf(office).flatMap(eachTransaction);
}

/** The payment that a call looks up by a number of Stripe's. */
export function findFolder(
  office: Pick<StripeOffice, "book" | "provider">,
  isWanted: (payment: Payment) => boolean,
): Folder | undefined {
  const folder = intentFoldersOf(office).find(({ payment }) => isWanted(payment));
  return folder !== undefined && noteLookup(folder.payment, "query") ? undefined : folder;
}

/** The payments that a list is about. */
export function listedFolders(office: Pick<StripeOffice, "book" | "provider">): readonly Folder[] {
  const folders = foldersOf(office);
  const hidden = noteListed(
    folders.map(({ payment }) => payment),
    "query",
  );
  return hidden === undefined ? folders : folders.filter(({ payment }) => payment.outTradeNo !== hidden);
}

/**
 * The number that the book and the control know a payment by: the merchant's own where its metadata has one that is not
 * taken yet. Stripe itself does not look into metadata, and makes as many payments with the same as it is asked for.
 */
export function bookNumberOf(
  { book, provider }: Pick<StripeOffice, "book" | "provider">,
  { metadata, otherwise }: { readonly metadata: Metadata; readonly otherwise: string },
): string {
  const named = metadata["out_trade_no"] ?? "";
  const taken = book.find(provider, named);
  return bookNumber.test(named) && taken === undefined ? named : otherwise;
}

export function refundNumberOf(
  { book, provider }: Pick<StripeOffice, "book" | "provider">,
  { metadata, otherwise }: { readonly metadata: Metadata; readonly otherwise: string },
): string {
  const named = metadata["out_refund_no"] ?? "";
  const taken = book.findRefund(provider, named);
  return bookNumber.test(named) && taken === undefined ? named : otherwise;
}
