import type { AllowedAction, Callback, Case, GatewayQuery, Order, Payment, Refund, Timeline } from "../api/types.ts";

/** The api's words that every language must translate. A new word does not compile until both have it. */
export type Words = {
  readonly orderStatus: Readonly<Record<Order["status"], string>>;
  readonly paymentStatus: Readonly<Record<Payment["status"], string>>;
  readonly refundStatus: Readonly<Record<Refund["status"], string>>;
  readonly callbackState: Readonly<Record<Callback["state"], string>>;
  readonly holdState: Readonly<Record<Timeline["holds"][number]["state"], string>>;
  readonly caseKind: Readonly<Record<Case["kind"], string>>;
  readonly caseState: Readonly<Record<Case["state"], string>>;
  readonly caseAction: Readonly<Record<AllowedAction["action"], string>>;
  readonly caseEffect: Readonly<Record<AllowedAction["does"], string>>;
  readonly gatewayAnswer: Readonly<Record<GatewayQuery["answer"], string>>;
};
