type Status = 400 | 401 | 404;

/** Stripe's error object (docs.stripe.com/api/errors). */
export type StripeError = {
  readonly type: "invalid_request_error" | "idempotency_error";
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
};

/** A call that Stripe refuses. */
export class Refusal extends Error {
  readonly status: Status;
  readonly error: StripeError;

  constructor(status: Status, error: StripeError) {
    super(error.message);
    this.name = "Refusal";
    this.status = status;
    this.error = error;
  }
}

/** The parameters themselves are wrong: nothing was begun, and no idempotency key is used up. */
export class ParameterRefusal extends Refusal {
  constructor(param: string, message: string, code = "parameter_invalid") {
    super(400, { type: "invalid_request_error", code, param, message });
  }
}

export function missing(param: string): ParameterRefusal {
  return new ParameterRefusal(param, `Missing required param: ${param}.`, "parameter_missing");
}

/** Nothing of that id: 404 where the path names it, 400 where a parameter does. */
export function noSuch(what: string, id: string, param?: string): Refusal {
  const message = `No such ${what}: '${id}'`;
  return new Refusal(param === undefined ? 404 : 400, {
    type: "invalid_request_error",
    code: "resource_missing",
    param: param ?? "id",
    message,
  });
}

export function unexpectedState(message: string, code?: string): Refusal {
  return new Refusal(400, { type: "invalid_request_error", message, ...(code === undefined ? {} : { code }) });
}
