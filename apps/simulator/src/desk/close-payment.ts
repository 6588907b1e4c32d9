import type { Payment } from "../book/records.ts";
import { noteDeed } from "../calls/note-call.ts";
import type { Desk } from "./desk.ts";

export type Closing =
  | { readonly kind: "closed" | "already_closed" | "paid"; readonly payment: Payment }
  | { readonly kind: "not_found" };

/** Closes an unpaid payment for good; a paid one is answered as such and left alone. Tells nobody: the asker knows. */
export function closePayment({ book, provider, now }: Desk, outTradeNo: string): Closing {
  const how = noteDeed({ provider, outTradeNo }, "close");
  if (how === "not_found") return { kind: "not_found" };
  const payment = book.find(provider, outTradeNo)?.payment;
  if (!payment) return { kind: "not_found" };
  if (payment.standing.status === "SUCCESS") return { kind: "paid", payment };
  if (payment.standing.status === "CLOSED") return { kind: "already_closed", payment };
  if (how === "paid_on_close") {
    const paid: Payment = {
      ...payment,
      standing: { status: "SUCCESS", paid: payment.amount, paidAt: now().toISOString() },
    };
    book.put(paid);
    return { kind: "paid", payment: paid };
  }
  const closed: Payment = { ...payment, standing: { status: "CLOSED" } };
  book.put(closed);
  return { kind: "closed", payment: closed };
}
