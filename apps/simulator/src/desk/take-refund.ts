import { Decimal, formatAmount } from "@zhanggui/domain";

import { type Folder, hasRoomForRefund } from "../book/folders.ts";
import type { Extra, Refund } from "../book/records.ts";
import { noteDeed } from "../calls/note-call.ts";
import type { Desk } from "./desk.ts";
import type { Settling } from "./refund-desk.ts";

export type RefundAsked = {
  readonly outTradeNo: string;
  readonly outRefundNo: string;
  readonly refundAmount: Decimal;
  readonly reason: string;
  /** Without one nobody is told how it ended. */
  readonly notifyUrl?: string;
  /** `at_once`: the returned refund has already ended. */
  readonly settling: Settling;
  readonly extra?: Extra;
};

export type RefundRefusal = "not_paid" | "exceeds_paid" | "too_many";

/** `known` is the same refund asked for again; `differs` is another payment or amount under its number. */
export type RefundTaking =
  | { readonly kind: "taken" | "known" | "differs"; readonly refund: Refund }
  | { readonly kind: "not_found" }
  | { readonly kind: "refused"; readonly why: RefundRefusal };

/** Takes a refund on once for each number, never beyond what was paid, and leaves it to the refund desk to settle. */
export function takeRefund(desk: Desk, asked: RefundAsked): RefundTaking {
  const { book, provider, refundDesk, numbers, now } = desk;
  if (noteDeed({ provider, outTradeNo: asked.outTradeNo }, "refund") === "not_found") return { kind: "not_found" };
  const refundAmount = formatAmount(asked.refundAmount);
  const known = book.findRefund(provider, asked.outRefundNo);
  if (known) {
    const isSame = known.outTradeNo === asked.outTradeNo && known.refundAmount === refundAmount;
    return { kind: isSame ? "known" : "differs", refund: known };
  }
  const folder = book.find(provider, asked.outTradeNo);
  if (!folder) return { kind: "not_found" };
  const why = refusalOf(folder, asked.refundAmount);
  if (why !== undefined) return { kind: "refused", why };

  const at = now();
  const { outTradeNo, outRefundNo, reason, notifyUrl, extra } = asked;
  const refund = refundDesk.take(
    {
      provider,
      outTradeNo,
      outRefundNo,
      refundId: numbers.refundId(at),
      refundAmount,
      reason,
      createdAt: at.toISOString(),
      ...(notifyUrl === undefined ? {} : { notifyUrl }),
      ...(extra === undefined ? {} : { extra }),
    },
    asked.settling,
  );
  return { kind: "taken", refund };
}

function refusalOf(folder: Folder, wanted: Decimal): RefundRefusal | undefined {
  const { standing } = folder.payment;
  if (standing.status !== "SUCCESS") return "not_paid";
  if (returnedBy(folder).plus(wanted).greaterThan(standing.paid)) return "exceeds_paid";
  return hasRoomForRefund(folder) ? undefined : "too_many";
}

/** Refunds that moved no money leave room for others. */
function returnedBy({ refunds }: Folder): Decimal {
  return [...refunds.values()]
    .filter(({ standing: { status } }) => status !== "CLOSED" && status !== "FAIL")
    .reduce((sum, { refundAmount }) => sum.plus(refundAmount), new Decimal(0));
}
