import type { Book } from "./book/book.ts";
import type { Refund } from "./book/records.ts";
import { composeNotice, refundFacts } from "./notices/compose.ts";
import type { Courier } from "./notices/courier.ts";

/** A gateway's refund takes a while; divided by the speed, as the notices' ladder is. */
const refundMs = 3_000;

export type RefundDesk = {
  readonly take: (asked: Omit<Refund, "kind" | "standing">) => Refund;
  /** Takes up the refunds that were being made when the simulator stopped. */
  readonly resume: () => void;
  readonly stop: () => void;
};

export type RefundDeskDeps = {
  readonly book: Book;
  readonly courier: Courier;
  readonly speed: number;
  readonly now: () => Date;
};

/** Settles refunds after the answer that took them on, and tells of each by a notice. */
export function openRefundDesk({ book, courier, speed, now }: RefundDeskDeps): RefundDesk {
  const timers = new Map<Refund, NodeJS.Timeout>();

  function schedule(refund: Refund): void {
    if (refund.standing.status !== "PROCESSING") return;
    const delayMs = Math.max(0, Date.parse(refund.standing.settlesAt) - now().getTime());
    timers.set(
      refund,
      setTimeout(() => settle(refund), delayMs),
    );
  }

  function settle(refund: Refund): void {
    timers.delete(refund);
    const payment = book.find(refund.provider, refund.outTradeNo)?.payment;
    if (!payment) return;
    const at = now();
    const settled: Refund = { ...refund, standing: { status: "SUCCESS", settledAt: at.toISOString() } };
    book.put(settled);
    const notice = composeNotice(settled, refundFacts(payment, settled), { role: "notice", at });
    book.put(notice);
    void courier.send(notice);
  }

  return {
    take(asked) {
      const settlesAt = new Date(now().getTime() + refundMs / speed).toISOString();
      const refund: Refund = { kind: "refund", ...asked, standing: { status: "PROCESSING", settlesAt } };
      book.put(refund);
      schedule(refund);
      return refund;
    },
    resume() {
      for (const { refunds } of book.all()) for (const refund of refunds.values()) schedule(refund);
    },
    stop() {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
