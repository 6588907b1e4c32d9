import { Decimal, formatAmount } from "@zhanggui/domain";

import { type Charge, chargesOf, refundedTransaction } from "../book/charges.ts";
import { type Folder, hasRoomForRefund } from "../book/folders.ts";
import type { Extra, Refund } from "../book/records.ts";
import { noteDeed } from "../calls/note-call.ts";
import type { Desk } from "./desk.ts";
import type { Settling } from "./refund-desk.ts";

export type RefundAsked = {
  readonly outTradeNo: string;
  readonly of: ChargeAsked;
  readonly outRefundNo: string;
  readonly refundAmount: Decimal;
  readonly reason: string;
  /** Without one nobody is told how it ended. */
  readonly notifyUrl?: string;
  /** `at_once`: the returned refund has already ended. */
  readonly settling: Settling;
  readonly extra?: Extra;
};

/**
 * Which charge to give back: the one of the gateway's own number, or, where the merchant names none, the first that has
 * room for it, those before the others that took the amount (yuan) which the merchant says was paid.
 */
export type ChargeAsked = { readonly transactionId: string } | { readonly paid: Decimal };

export type RefundRefusal = "not_paid" | "exceeds_paid" | "too_many";

/** `known` is the same refund asked for again; `differs` is another payment, charge or amount under its number. */
export type RefundTaking =
  | { readonly kind: "taken" | "known" | "differs"; readonly refund: Refund }
  | { readonly kind: "not_found" }
  | { readonly kind: "refused"; readonly why: RefundRefusal };

/** Takes a refund on once for each number, never beyond what its charge took; the refund desk settles it. */
export function takeRefund(desk: Desk, asked: RefundAsked): RefundTaking {
  const { book, provider, refundDesk, numbers, now } = desk;
  if (noteDeed({ provider, outTradeNo: asked.outTradeNo }, "refund") === "not_found") return { kind: "not_found" };
  const known = book.findRefund(provider, asked.outRefundNo);
  if (known) {
    return { kind: isRepeat(desk, asked, known) ? "known" : "differs", refund: known };
  }
  const folder = book.find(provider, asked.outTradeNo);
  if (!folder) return { kind: "not_found" };
  const charge = chargeFor(folder, asked);
  if (typeof charge === "string") return { kind: "refused", why: charge };

  const at = now();
  const { outTradeNo, outRefundNo, reason, notifyUrl, extra } = asked;
  const refund = refundDesk.take(
    {
      provider,
      outTradeNo,
      outRefundNo,
      refundId: numbers.refundId(at),
      transactionId: charge.transactionId,
      refundAmount: formatAmount(asked.refundAmount),
      reason,
      createdAt: at.toISOString(),
      ...(notifyUrl === undefined ? {} : { notifyUrl }),
      ...(extra === undefined ? {} : { extra }),
    },
    asked.settling,
  );
  return { kind: "taken", refund };
}

function isRepeat({ book, provider }: Desk, asked: RefundAsked, known: Refund): boolean {
  const payment = book.find(provider, known.outTradeNo)?.payment;
  const isOfCharge =
    payment !== undefined &&
    (!("transactionId" in asked.of) || asked.of.transactionId === refundedTransaction(payment, known));
  const refundAmount = formatAmount(asked.refundAmount);
  return isOfCharge && known.outTradeNo === asked.outTradeNo && known.refundAmount === refundAmount;
}

function chargeFor(folder: Folder, { of, refundAmount }: RefundAsked): Charge | RefundRefusal {
  const charges = candidatesAmong(chargesOf(folder.payment), of);
  if (charges.length === 0) return "not_paid";
  const charge = charges.find((each) => !returnedOf(folder, each).plus(refundAmount).greaterThan(each.paid));
  if (charge === undefined) return "exceeds_paid";
  return hasRoomForRefund(folder) ? charge : "too_many";
}

function candidatesAmong(charges: readonly Charge[], of: ChargeAsked): readonly Charge[] {
  if ("transactionId" in of) return charges.filter(({ transactionId }) => transactionId === of.transactionId);
  const tookIt = ({ paid }: Charge): boolean => of.paid.equals(paid);
  return [...charges.filter(tookIt), ...charges.filter((charge) => !tookIt(charge))];
}

/** What went back of a charge. Refunds that moved no money leave room for others. */
function returnedOf({ payment, refunds }: Folder, { transactionId }: Charge): Decimal {
  return [...refunds.values()]
    .filter((refund) => refundedTransaction(payment, refund) === transactionId)
    .filter(({ standing: { status } }) => status !== "CLOSED" && status !== "FAIL")
    .reduce((sum, { refundAmount }) => sum.plus(refundAmount), new Decimal(0));
}
