import { type FaultCode, Fault } from "@zhanggui/domain";
import { PoisonedJob } from "@zhanggui/queue";

/** Whether trying again can help. Exhaustive: a new code does not compile until somebody has decided. */
const isWorthRetrying = {
  malformed_request: false,
  invalid_input: false,
  unauthenticated: false,
  wrong_credentials: false,
  forbidden: false,
  not_found: false,
  order_not_found: false,
  payment_not_found: false,
  callback_not_found: false,
  refund_not_found: false,
  exception_not_found: false,
  job_not_found: false,
  operator_not_found: false,
  unknown_provider: true,
  unknown_sku: false,
  out_of_stock: false,
  order_not_payable: false,
  order_expired: false,
  invalid_transition: false,
  nothing_to_refund: false,
  refund_exceeds_payment: false,
  gateway_not_callable: false,
  not_retryable: false,
  already_resolved: false,
  action_not_allowed: false,
  second_person_needed: false,
  operator_exists: false,
  last_admin: false,
  password_change_needed: false,
  password_unfit: false,
  idempotency_conflict: false,
  state_changed_meanwhile: true,
  stock_below_zero: false,
  body_too_large: false,
  unsupported_media_type: false,
  rate_limited: true,
  gateway_refused: false,
  gateway_unavailable: true,
  queue_unavailable: true,
  database_unavailable: true,
  internal_error: true,
} as const satisfies Record<FaultCode, boolean>;

/** Gives a job up at once when no further try can mend it. Bugs and outages are tried again. */
export function asJobError(error: unknown): unknown {
  return error instanceof Fault && !isWorthRetrying[error.code]
    ? new PoisonedJob(`${error.code} ${JSON.stringify(error.facts)}`)
    : error;
}
