import { randomUUID } from "node:crypto";

import type { Book } from "../book/book.ts";
import type { Notice, Refund } from "../book/records.ts";
import { composeNotice, refundFacts } from "../notices/compose.ts";
import type { Courier } from "../notices/courier.ts";

/** A gateway's refund takes a while; divided by the speed, as the notices' ladder is. */
const refundMs = 3_000;

/** Whether the answer to the call already says how the refund ended, unless a script has it pend. */
export type Settling = "later" | "at_once";

export type RefundDesk = {
  readonly take: (asked: Omit<Refund, "kind" | "standing">, settling: Settling) => Refund;
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

/** Ends refunds as their payment says, tells of each by a notice, and never before the call was answered. */
export function openRefundDesk({ book, courier, speed, now }: RefundDeskDeps): RefundDesk {
  const timers = new Map<Refund, NodeJS.Timeout>();
  const delayMs = refundMs / speed;

  function schedule(refund: Refund): void {
    if (refund.standing.status !== "PROCESSING") return;
    const leftMs = Math.max(0, Date.parse(refund.standing.settlesAt) - now().getTime());
    timers.set(
      refund,
      setTimeout(() => {
        timers.delete(refund);
        for (const notice of settle(refund, now()).notices) void courier.send(notice);
      }, leftMs),
    );
  }

  function settle(refund: Refund, tellAt: Date): { readonly settled: Refund; readonly notices: readonly Notice[] } {
    const payment = book.find(refund.provider, refund.outTradeNo)?.payment;
    const settledAt = now().toISOString();
    const settled: Refund = { ...refund, standing: { status: payment?.refundsEnd ?? "SUCCESS", settledAt } };
    book.put(settled);
    const { provider, outTradeNo, notifyUrl } = settled;
    if (payment === undefined || notifyUrl === undefined) return { settled, notices: [] };
    const facts = refundFacts(payment, settled, settledAt);
    if (!courier.tells(provider, facts)) return { settled, notices: [] };
    const told = { facts, eventId: randomUUID(), role: "notice", key: "current", at: tellAt } as const;
    const notices = courier
      .eventsOf(provider, { outTradeNo, facts })
      .map((event) => composeNotice(settled, notifyUrl, { ...told, event }));
    for (const notice of notices) book.put(notice);
    return { settled, notices };
  }

  return {
    take(asked, settling) {
      const pendSeconds = book.find(asked.provider, asked.outTradeNo)?.payment.refundsPendSeconds;
      const settlesAt = new Date(
        now().getTime() + (pendSeconds === undefined ? delayMs : (pendSeconds * 1000) / speed),
      );
      const refund: Refund = {
        kind: "refund",
        ...asked,
        standing: { status: "PROCESSING", settlesAt: settlesAt.toISOString() },
      };
      if (settling === "later" || pendSeconds !== undefined) {
        book.put(refund);
        schedule(refund);
        return refund;
      }
      const { settled, notices } = settle(refund, settlesAt);
      for (const notice of notices) courier.post(notice);
      return settled;
    },
    resume() {
      for (const { refunds } of book.all()) for (const refund of refunds.values()) schedule(refund);
    },
    stop() {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
