/** The small state lists that have no machine of their own. SQL repeats each as a CHECK; a test compares them. */

export const callbackStates = ["received", "processed", "ignored", "failed", "parked"] as const;
export type CallbackState = (typeof callbackStates)[number];

/** What an operator may send through settlement again. */
export const retryableCallbackStates = ["failed", "parked"] as const satisfies readonly CallbackState[];

export const holdStates = ["held", "consumed", "released"] as const;
export type HoldState = (typeof holdStates)[number];

export const refundStates = ["created", "processing", "unknown", "succeeded", "failed", "abnormal"] as const;
export type RefundState = (typeof refundStates)[number];

export const exceptionStates = ["open", "resolved"] as const;
export type ExceptionState = (typeof exceptionStates)[number];

export const exceptionKinds = [
  "late_payment",
  "surplus_payment",
  "amount_mismatch",
  "unmatched_payment",
  "refund_unknown",
  "refund_failed",
  "unknown_status",
  "gateway_unreachable",
  "invariant_broken",
] as const;
export type ExceptionKind = (typeof exceptionKinds)[number];

export const exceptionActions = ["apply", "revive", "refund", "write_off"] as const;
export type ExceptionAction = (typeof exceptionActions)[number];

/** What a person should most likely do, shown beside each open exception. */
export const suggestedAction = {
  late_payment: "revive",
  surplus_payment: "refund",
  amount_mismatch: "refund",
  unmatched_payment: "refund",
  refund_unknown: "write_off",
  refund_failed: "refund",
  unknown_status: "apply",
  gateway_unreachable: "apply",
  invariant_broken: "apply",
} as const satisfies Record<ExceptionKind, ExceptionAction>;

export const latePaymentPolicies = ["hold", "refund", "revive"] as const;
export type LatePaymentPolicy = (typeof latePaymentPolicies)[number];

/** What to do with money that an order cannot take: for most providers, and for those that are named. */
export type LatePaymentPolicies = {
  readonly otherwise: LatePaymentPolicy;
  readonly byProvider: Readonly<Partial<Record<string, LatePaymentPolicy>>>;
};

export const refundOrigins = ["shop", "gateway"] as const;
/** Who asked for a refund: we did, or somebody in the gateway's own console. */
export type RefundOrigin = (typeof refundOrigins)[number];

export const refundEnds = ["refunded", "cancelled"] as const;
/** What an order becomes when its money is fully back. */
export type RefundEnd = (typeof refundEnds)[number];

export const roles = ["customer", "viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

/** What a person who works for the shop may do, lowest first. */
export const operatorRoles = ["viewer", "operator", "admin"] as const satisfies readonly Role[];
export type OperatorRole = (typeof operatorRoles)[number];
