import { STATUS_CODES } from "node:http";

import { isDatabaseUnavailable, isLockTimeout } from "@zhanggui/db";
import { type FaultCode, Fault } from "@zhanggui/domain";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";

import type { AppEnv } from "./authentication.ts";

/** The status of every refusal. Exhaustive: a new code does not compile until it has one. */
export const statusOf = {
  malformed_request: 400,
  unauthenticated: 401,
  wrong_credentials: 401,
  forbidden: 403,
  not_found: 404,
  order_not_found: 404,
  payment_not_found: 404,
  callback_not_found: 404,
  refund_not_found: 404,
  exception_not_found: 404,
  job_not_found: 404,
  operator_not_found: 404,
  out_of_stock: 409,
  order_not_payable: 409,
  order_expired: 409,
  invalid_transition: 409,
  nothing_to_refund: 409,
  refund_exceeds_payment: 409,
  gateway_not_callable: 409,
  not_retryable: 409,
  already_resolved: 409,
  action_not_allowed: 409,
  second_person_needed: 409,
  operator_exists: 409,
  last_admin: 409,
  password_change_needed: 403,
  password_unfit: 422,
  idempotency_conflict: 409,
  state_changed_meanwhile: 409,
  stock_below_zero: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  invalid_input: 422,
  unknown_provider: 422,
  unknown_sku: 422,
  rate_limited: 429,
  gateway_refused: 409,
  gateway_unavailable: 503,
  queue_unavailable: 503,
  database_unavailable: 503,
  internal_error: 500,
} as const satisfies Record<FaultCode, ContentfulStatusCode>;

const sentenceOf: Readonly<Record<FaultCode, string>> = {
  malformed_request: "The request cannot be read.",
  unauthenticated: "A valid token or session is needed.",
  wrong_credentials: "That is not right.",
  forbidden: "This role may not do that.",
  not_found: "There is nothing here.",
  order_not_found: "There is no such order.",
  payment_not_found: "There is no such payment.",
  callback_not_found: "There is no such callback.",
  refund_not_found: "There is no such refund.",
  exception_not_found: "There is no such case.",
  job_not_found: "There is no such job.",
  operator_not_found: "There is no such operator.",
  out_of_stock: "Not enough pieces are left.",
  order_not_payable: "The order cannot be paid now.",
  order_expired: "The order's time to pay is over.",
  invalid_transition: "The order does not allow that in its state.",
  nothing_to_refund: "No money is left that could go back.",
  refund_exceeds_payment: "That is more than is left of the payment.",
  gateway_not_callable: "This gateway is not called: refund in its own console, its notice is booked.",
  not_retryable: "Only what failed or was parked can be retried.",
  already_resolved: "The case is resolved already.",
  action_not_allowed: "The case does not allow that as things stand.",
  second_person_needed: "A second person has to confirm this.",
  operator_exists: "There is an operator with this e-mail address.",
  last_admin: "Somebody has to stay admin.",
  password_change_needed: "Change the one-time password first.",
  password_unfit: "This password will not do.",
  idempotency_conflict: "This idempotency key was used for another request.",
  state_changed_meanwhile: "Somebody else changed it at the same moment.",
  stock_below_zero: "The stock would fall below zero.",
  body_too_large: "The body is larger than 64 KiB.",
  unsupported_media_type: "The body must be application/json.",
  invalid_input: "The input is not valid.",
  unknown_provider: "There is no such payment provider.",
  unknown_sku: "There is no such product.",
  rate_limited: "Too many requests: wait a moment.",
  gateway_refused: "The gateway will not open this payment: try another method.",
  gateway_unavailable: "A service that had to be asked did not answer: try again.",
  queue_unavailable: "The queue cannot be reached: try again.",
  database_unavailable: "The database cannot be reached: try again.",
  internal_error: "Something went wrong on our side.",
};

export type InputError = { readonly path: string; readonly message: string };

/** RFC 9457, as every error answer but a gateway's looks. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  requestId: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

/** Refused input: each mistake with its place. */
export class InputFault extends Fault {
  readonly errors: readonly InputError[];

  constructor(errors: readonly InputError[]) {
    super("invalid_input");
    this.errors = errors;
  }
}

/** What a library's middleware means by its status. */
const codeOfStatus: Readonly<Record<number, FaultCode>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
};

/** PostgreSQL's words for text that it cannot keep, such as NUL: a last line behind the schemas. */
const unstorable: ReadonlySet<unknown> = new Set(["22021", "22P05"]);

function isUnstorable(error: unknown): boolean {
  return error instanceof Error && "code" in error && unstorable.has(error.code);
}

/** What was thrown, as a refusal; `undefined` for a bug. */
export function faultOf(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error;
  if (error instanceof HTTPException) return new Fault(codeOfStatus[error.status] ?? "malformed_request");
  if (isDatabaseUnavailable(error)) return new Fault("database_unavailable");
  if (isUnstorable(error)) return new Fault("malformed_request", { why: "it holds a character that cannot be stored" });
  return isLockTimeout(error) ? new Fault("state_changed_meanwhile") : undefined;
}

/** Answers a refusal. What went wrong on our side is told in the log, never to the caller. */
export function answerProblem(c: Context<AppEnv>, fault: Fault): Response {
  const status = statusOf[fault.code];
  const facts = Object.entries(fault.facts).map(([name, value]) => `${name}: ${value}`);
  const problem: z.infer<typeof problemSchema> = {
    type: `urn:zhanggui:problem:${fault.code}`,
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: [sentenceOf[fault.code], ...(facts.length > 0 ? [`(${facts.join("; ")})`] : [])].join(" "),
    code: fault.code,
    requestId: c.get("requestId"),
    ...(status === 422 ? { errors: errorsOf(fault) } : {}),
  };
  if (status === 401) c.header("WWW-Authenticate", "Bearer");
  if (isWorthRetrying(status)) c.header("Retry-After", retryAfterOf(fault));
  return c.body(JSON.stringify(problem), status, { "content-type": "application/problem+json" });
}

/** Whether an answer with this status says when to come back. */
export function isWorthRetrying(status: number): boolean {
  return status === 429 || status === 503;
}

/** Seconds, as the header carries them. */
export function retryAfterOf(fault: Fault): string {
  return fault.facts["retryAfter"] ?? "1";
}

/** Refusals that an operation found name their place too. */
const placeOf: Partial<Readonly<Record<FaultCode, string>>> = { unknown_provider: "provider", unknown_sku: "items" };

function errorsOf(fault: Fault): InputError[] {
  if (fault instanceof InputFault) return [...fault.errors];
  const place = placeOf[fault.code];
  const facts = Object.entries(fault.facts);
  return place === undefined
    ? facts.map(([path, message]) => ({ path, message }))
    : [{ path: place, message: facts.map(([name, value]) => `${name}: ${value}`).join("; ") }];
}
