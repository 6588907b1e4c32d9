import type { Decimal } from "decimal.js";

import { amountsAgree, fromMinor } from "./money.ts";
import type { Notice, PaymentNoticeStatus } from "./notice.ts";
import type { OrderState } from "./order-states.ts";
import { type PaymentEvent, type PaymentState, isOpen, paymentStates } from "./payment-states.ts";
import { step } from "./state-machine.ts";
import type { ExceptionKind } from "./states.ts";

/** What a payment notice means for the rows it speaks of. Each kind is one way of writing, in `settle-payment`. */
export type Ruling =
  /** The money the order waits for: payment succeeded, order paid, stock sold. */
  | { readonly kind: "settle" }
  /** Money the order cannot take now: booked all the same, and an exception opened for it. */
  | { readonly kind: "book"; readonly exception: MoneyException; readonly raisesPayment: boolean }
  /** No money: the attempt moves on, through `path`. */
  | { readonly kind: "move"; readonly path: readonly PaymentState[] }
  /** Says what the rows say already. */
  | { readonly kind: "repeat" }
  /** Came too late to matter: nothing lowers what is decided. */
  | { readonly kind: "outranked" }
  /** A word the gateway does not document: the state is kept and a person asked. */
  | { readonly kind: "puzzle" };

export type MoneyException = Extract<ExceptionKind, "late_payment" | "surplus_payment" | "amount_mismatch">;

export type PaymentFacts = {
  readonly status: PaymentState;
  readonly amount: Decimal;
  readonly currency: string;
  readonly transactionId: string | undefined;
};

const eventOf = {
  processing: "start",
  succeeded: "succeed",
  failed: "fail",
  cancelled: "cancel",
  expired: "expire",
} as const satisfies Record<PaymentNoticeStatus, PaymentEvent>;

/** Decides what a notice means for a payment and its order. Reads nothing, writes nothing. */
export function rule(
  order: { readonly status: OrderState },
  payment: PaymentFacts,
  notice: Pick<Notice, "status" | "amountMinor" | "currency" | "transactionId">,
): Ruling {
  switch (notice.status) {
    case "succeeded":
      return ruleSuccess(order, payment, notice);
    case "processing":
    case "failed":
    case "cancelled":
    case "expired":
      return ruleProgress(payment.status, eventOf[notice.status]);
    default:
      return { kind: "puzzle" };
  }
}

function ruleSuccess(
  order: { readonly status: OrderState },
  payment: PaymentFacts,
  notice: Pick<Notice, "amountMinor" | "currency" | "transactionId">,
): Ruling {
  const agrees = notice.currency === payment.currency && amountsAgree(fromMinor(notice.amountMinor), payment.amount);

  if (payment.status === "succeeded") {
    if (notice.transactionId !== payment.transactionId) {
      return { kind: "book", exception: "surplus_payment", raisesPayment: false };
    }
    return agrees ? { kind: "repeat" } : { kind: "book", exception: "amount_mismatch", raisesPayment: false };
  }

  if (!agrees) return { kind: "book", exception: "amount_mismatch", raisesPayment: false };
  if (order.status === "pending") return { kind: "settle" };
  return {
    kind: "book",
    exception: order.status === "cancelled" ? "late_payment" : "surplus_payment",
    raisesPayment: true,
  };
}

/** A gateway that reports an end has seen the attempt start, so an unstarted one starts first. */
function ruleProgress(from: PaymentState, event: PaymentEvent): Ruling {
  const started = from === "init" ? step(paymentStates, "init", "start") : undefined;
  if (started !== undefined && event === "start") return { kind: "move", path: [started] };

  const to = step(paymentStates, started ?? from, event);
  if (to !== undefined) return { kind: "move", path: started === undefined ? [to] : [started, to] };

  const said = event === "start" ? "processing" : step(paymentStates, "processing", event);
  return said === from || (isOpen(from) && event === "start") ? { kind: "repeat" } : { kind: "outranked" };
}
