import { Tag } from "antd";

import type { Callback, Case, Order, Payment, Refund } from "../api/types.ts";
import { useTexts } from "../texts/preferences.ts";

/** States as coloured words: the colour repeats what the word says, never more. */

const orderColors: Readonly<Record<Order["status"], string>> = {
  pending: "gold",
  paid: "green",
  shipped: "cyan",
  completed: "blue",
  refunded: "purple",
  cancelled: "default",
};

export function OrderTag({ status }: Pick<Order, "status">) {
  return <Tag color={orderColors[status]}>{useTexts().orderStatus[status]}</Tag>;
}

const paymentColors: Readonly<Record<Payment["status"], string>> = {
  init: "default",
  processing: "gold",
  succeeded: "green",
  failed: "red",
  cancelled: "default",
  expired: "default",
};

export function PaymentTag({ status }: Pick<Payment, "status">) {
  return <Tag color={paymentColors[status]}>{useTexts().paymentStatus[status]}</Tag>;
}

const refundColors: Readonly<Record<Refund["status"], string>> = {
  created: "gold",
  processing: "gold",
  unknown: "orange",
  succeeded: "green",
  failed: "red",
  abnormal: "red",
};

export function RefundTag({ status }: Pick<Refund, "status">) {
  return <Tag color={refundColors[status]}>{useTexts().refundStatus[status]}</Tag>;
}

const callbackColors: Readonly<Record<Callback["state"], string>> = {
  received: "gold",
  processed: "green",
  ignored: "default",
  failed: "red",
  parked: "orange",
};

export function CallbackTag({ state }: Pick<Callback, "state">) {
  return <Tag color={callbackColors[state]}>{useTexts().callbackState[state]}</Tag>;
}

export function CaseTag({ state, overdue }: Pick<Case, "state" | "overdue">) {
  const { caseState, cases } = useTexts();
  if (state === "resolved") return <Tag color="green">{caseState.resolved}</Tag>;
  return <Tag color={overdue ? "red" : "gold"}>{overdue ? cases.overdue : caseState.open}</Tag>;
}
