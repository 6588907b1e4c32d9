import type { Book } from "../book/book.ts";
import type { RefundDesk } from "./refund-desk.ts";

/** The gateway's own numbers, in the shape that its merchants expect. */
export type Numbers = {
  readonly transactionId: (at: Date) => string;
  readonly refundId: (at: Date) => string;
};

/** Where one provider's payments are opened, closed, refunded and looked up, in no vendor's words. */
export type Desk = {
  readonly provider: string;
  readonly book: Book;
  readonly refundDesk: RefundDesk;
  readonly numbers: Numbers;
  readonly now: () => Date;
};
