import { type Decimal, formatAmount } from "@zhanggui/domain";

import type { Extra, Payment } from "../book/records.ts";
import { noteDeed } from "../calls/note-call.ts";
import type { Desk } from "./desk.ts";

export type PaymentAsked = {
  readonly outTradeNo: string;
  /** Yuan (or the currency's whole unit), above zero. */
  readonly amount: Decimal;
  readonly currency: string;
  readonly subject: string;
  /** Without one nobody is told. */
  readonly notifyUrl?: string;
  readonly expiresAt: Date;
  readonly extra?: Extra;
};

/** `known` is the same payment asked for again; `differs` is another amount or currency under its number. */
export type Opening = { readonly kind: "opened" | "known" | "differs"; readonly payment: Payment };

/** Opens a payment once for each number. */
export function openPayment({ book, provider, numbers, now }: Desk, asked: PaymentAsked): Opening {
  noteDeed({ provider, outTradeNo: asked.outTradeNo }, "pay");
  const amount = formatAmount(asked.amount);
  const known = book.find(provider, asked.outTradeNo)?.payment;
  if (known) {
    const isSame = known.amount === amount && known.currency === asked.currency;
    return { kind: isSame ? "known" : "differs", payment: known };
  }
  const at = now();
  const payment: Payment = {
    kind: "payment",
    provider,
    outTradeNo: asked.outTradeNo,
    transactionId: numbers.transactionId(at),
    amount,
    currency: asked.currency,
    subject: asked.subject,
    ...(asked.notifyUrl === undefined ? {} : { notifyUrl: asked.notifyUrl }),
    expiresAt: asked.expiresAt.toISOString(),
    createdAt: at.toISOString(),
    standing: { status: "NOTPAY" },
    ...(asked.extra === undefined ? {} : { extra: asked.extra }),
  };
  book.put(payment);
  return { kind: "opened", payment };
}

/** Adds to the vendor's own words of a payment. Returns the payment as it is from now on. */
export function noteExtra({ book }: Pick<Desk, "book">, payment: Payment, extra: Extra): Payment {
  const noted = { ...payment, extra: { ...payment.extra, ...extra } };
  book.put(noted);
  return noted;
}
