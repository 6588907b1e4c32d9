import { AsyncLocalStorage } from "node:async_hooks";

import { HTTPException } from "hono/http-exception";

import type { Armed, PaymentName } from "./armed.ts";
import type { CallName, Misbehaviour } from "./misbehaviour.ts";

/** What is known of the merchant's request that is being answered. */
export type Underway = {
  readonly armed: Armed;
  /** Look-ups find nothing: the request is answered a second time, by a gateway that knows nothing of it. */
  readonly isBlind: boolean;
  noted: (PaymentName & { readonly call: CallName | "statement" }) | undefined;
  /** How a call that does something was told to go wrong. */
  how: Misbehaviour;
};

/** Goes along with the request, so that no vendor has to hand it on. */
export const underway = new AsyncLocalStorage<Underway>();

export type Lookup = Extract<CallName, "query" | "refund_query">;

const ranks = { query: 0, refund_query: 1, pay: 2, close: 2, refund: 2, statement: 3 } as const;

/**
 * The desk says what a merchant's request looks up. What it turns out to be is only known at its end, as other calls
 * look their payment up first. Answers whether nothing may be found.
 */
export function noteLookup(payment: PaymentName, call: Lookup): boolean {
  const request = underway.getStore();
  if (request === undefined) return false;
  note(request, payment, call);
  return request.isBlind;
}

/**
 * A list names no payment: it is about the one whose look-up was to go wrong, if it is among these. Answers the number of
 * the payment that may not be found.
 */
export function noteListed(payments: readonly PaymentName[], call: Lookup): string | undefined {
  const request = underway.getStore();
  if (request === undefined) return undefined;
  if (request.isBlind) return request.noted?.outTradeNo;
  const expected = payments.find((payment) => request.armed.has(payment, call));
  if (expected !== undefined) note(request, expected, call);
  return undefined;
}

/**
 * The desk says what a merchant's request is about to do, and hears how that goes wrong.
 *
 * @throws HTTPException 503 when the gateway is out of order: nothing may be done.
 */
export function noteDeed(payment: PaymentName, call: Exclude<CallName, Lookup>): Misbehaviour {
  const request = underway.getStore();
  if (request === undefined) return "normal";
  note(request, payment, call);
  request.how = request.armed.take(payment, call);
  if (request.how === "error") throw new HTTPException(503, { message: "the gateway is out of order" });
  return request.how;
}

/** A day's statement looks many payments up, and is a query of none. */
export function noteStatement(provider: string): void {
  const request = underway.getStore();
  if (request !== undefined) note(request, { provider, outTradeNo: "" }, "statement");
}

function note(request: Underway, { provider, outTradeNo }: PaymentName, call: keyof typeof ranks): void {
  if (request.noted !== undefined && ranks[request.noted.call] > ranks[call]) return;
  request.noted = { provider, outTradeNo, call };
}
