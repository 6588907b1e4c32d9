import type { Decimal } from "decimal.js";

import { amountsAgree } from "./money.ts";
import type { Notice, RefundNoticeStatus } from "./notice.ts";
import { type RefundEvent, refundMachine } from "./refund-states.ts";
import { step } from "./state-machine.ts";
import type { RefundState } from "./states.ts";

/** What a gateway's words mean for a refund of ours. */
export type RefundRuling =
  | { readonly kind: "move"; readonly to: RefundState }
  /** Says what the row says already. */
  | { readonly kind: "repeat" }
  /** Came too late to matter. */
  | { readonly kind: "outranked" }
  /** Takes back a success: the state is kept and a person asked. */
  | { readonly kind: "contradiction" }
  /** Names our number with another amount or currency: the state is kept and a person asked. */
  | { readonly kind: "amount_differs" }
  /** A word the gateway does not document. */
  | { readonly kind: "puzzle" };

export type RefundFacts = { readonly status: RefundState; readonly amount: Decimal; readonly currency: string };

/** What was said; a call's answer names no amount, for it was asked by number. */
export type RefundWords = {
  readonly status: RefundNoticeStatus | "unknown";
  readonly amount?: Decimal | undefined;
  /** The stated amount is all that was ever refunded of the payment, this refund with it. */
  readonly isRunningTotal?: boolean;
  readonly currency?: string;
};

const eventOf = {
  refund_processing: "accept",
  refund_succeeded: "succeed",
  refund_abnormal: "break",
  refund_closed: "fail",
  refund_failed: "fail",
} as const satisfies Record<RefundNoticeStatus, RefundEvent>;

/** Decides what a gateway's words mean for a refund. Reads nothing, writes nothing. */
export function ruleRefund(refund: RefundFacts, words: RefundWords): RefundRuling {
  if (words.status === "unknown") return { kind: "puzzle" };
  if (!agrees(refund, words)) return { kind: "amount_differs" };

  const event = eventOf[words.status];
  const to = step(refundMachine, refund.status, event);
  if (to !== undefined) return { kind: "move", to };
  if (refund.status === step(refundMachine, "created", event)) return { kind: "repeat" };
  return refund.status === "succeeded" && event === "fail" ? { kind: "contradiction" } : { kind: "outranked" };
}

function agrees(refund: RefundFacts, { amount, isRunningTotal = false, currency }: RefundWords): boolean {
  if (currency !== undefined && currency !== refund.currency) return false;
  if (amount === undefined) return true;
  return amountsAgree(amount, refund.amount) || (isRunningTotal && amount.greaterThan(refund.amount));
}

/** A refund notice's status, or `unknown` for a word that is not one of a refund. */
export function refundStatusOf({ status }: Pick<Notice, "status">): RefundNoticeStatus | "unknown" {
  return isRefundStatus(status) ? status : "unknown";
}

function isRefundStatus(status: Notice["status"]): status is RefundNoticeStatus {
  return Object.hasOwn(eventOf, status);
}
