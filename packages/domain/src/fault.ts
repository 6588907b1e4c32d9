/** Every refusal a caller can act on, by the code it answers with. Closed: api and worker map each of them. */
export const faultCodes = [
  "malformed_request",
  "invalid_input",
  "unauthenticated",
  "wrong_credentials",
  "forbidden",
  "not_found",
  "order_not_found",
  "payment_not_found",
  "callback_not_found",
  "refund_not_found",
  "exception_not_found",
  "job_not_found",
  "operator_not_found",
  "unknown_provider",
  "unknown_sku",
  "out_of_stock",
  "order_not_payable",
  "order_expired",
  "invalid_transition",
  "nothing_to_refund",
  "refund_exceeds_payment",
  "gateway_not_callable",
  "not_retryable",
  "already_resolved",
  "action_not_allowed",
  "second_person_needed",
  "operator_exists",
  "last_admin",
  "password_change_needed",
  "password_unfit",
  "idempotency_conflict",
  "state_changed_meanwhile",
  "stock_below_zero",
  "body_too_large",
  "unsupported_media_type",
  "rate_limited",
  "gateway_unavailable",
  "gateway_refused",
  "queue_unavailable",
  "database_unavailable",
  "internal_error",
] as const;
export type FaultCode = (typeof faultCodes)[number];

/** A refusal the caller can act on. Anything else that is thrown is a bug. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly facts: Readonly<Record<string, string>>;

  constructor(code: FaultCode, facts: Readonly<Record<string, string>> = {}) {
    super(code);
    this.name = "Fault";
    this.code = code;
    this.facts = facts;
  }
}
