import type { Notice } from "@zhanggui/domain";

import { noticeOf } from "../event-key.ts";
import type { GatewayCalls, PayAnswer, QueryAnswer } from "../gateway.ts";
import type { StripeAccount } from "./account.ts";
import { type FoundIntent, type FoundSession, findPayment, foundSession, readIntent } from "./find-payment.ts";
import { stripeMinor } from "./minor-units.ts";
import { refund, refundQuery } from "./refunds.ts";
import { askStripe, isSafePage, unexpected } from "./request.ts";
import { statement } from "./statement.ts";

/** Stripe takes an `expires_at` of half an hour to a day from its own clock; half an hour is left for a call that is repeated. */
const shortestLifeSeconds = 60 * 60;
const longestLifeSeconds = 24 * 60 * 60 - 60;

/**
 * Calls to Stripe: a Checkout session for each attempt.
 *
 * A session cannot be made to end sooner than in half an hour, so that most outlive their order: `close` is what ends
 * them, and money that comes between is late money.
 */
export const stripeCalls: GatewayCalls<StripeAccount> = {
  isCallable: (account) => account.baseUrl !== undefined,

  async pay(account, call, outside): Promise<PayAnswer> {
    const amount = stripeMinor(call.amount, call.currency);
    if (amount === undefined) return { kind: "refused", why: `${call.currency} cannot express the amount` };
    const started = Math.floor(call.startedAt.getTime() / 1000);
    const deadline = Math.floor(call.expiresAt.getTime() / 1000);
    const expiresAt = Math.min(Math.max(deadline, started + shortestLifeSeconds), started + longestLifeSeconds);

    const answer = await askStripe(account, outside, {
      method: "POST",
      path: "/v1/checkout/sessions",
      idempotencyKey: `pay-${call.outTradeNo}`,
      fields: {
        mode: "payment",
        success_url: call.returnUrl,
        cancel_url: call.returnUrl,
        expires_at: String(expiresAt),
        client_reference_id: call.outTradeNo,
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": call.currency.toLowerCase(),
        "line_items[0][price_data][unit_amount]": String(amount),
        "line_items[0][price_data][product_data][name]": call.subject,
        "metadata[out_trade_no]": call.outTradeNo,
        "payment_intent_data[metadata][out_trade_no]": call.outTradeNo,
      },
    });
    if (answer.kind === "answered")
      return opened(account, { ...call, minor: amount }, foundSession.safeParse(answer.object).data);
    // The same key with another `expires_at`: an earlier call made the session, and it is the one to show.
    if (answer.kind === "error" && answer.error["type"] === "idempotency_error") {
      const found = await findPayment(account, call.outTradeNo, outside);
      return found.kind === "session" ? opened(account, { ...call, minor: amount }, found.session) : unexpected(answer);
    }
    return unexpected(answer);
  },

  async query(account, { outTradeNo }, outside): Promise<QueryAnswer> {
    const found = await findPayment(account, outTradeNo, outside);
    if (found.kind === "unknown" || found.kind === "not_found") return found;
    if (found.kind === "intent") return answerOf(noticeOfIntent(found.intent, outTradeNo, false));
    const { session } = found;
    if (session.status !== "complete" || session.payment_status !== "unpaid" || session.payment_intent === undefined) {
      return answerOf(noticeOfSession(session, outTradeNo));
    }
    const intent = await readIntent(account, { id: session.payment_intent, outTradeNo }, outside);
    return intent.kind === "intent" ? answerOf(noticeOfIntent(intent.intent, outTradeNo, true)) : unreadable;
  },

  async close(account, { outTradeNo }, outside) {
    const found = await findPayment(account, outTradeNo, outside);
    if (found.kind === "unknown" || found.kind === "not_found") return found;
    if (found.kind === "intent") {
      if (found.intent.status === "succeeded") return { kind: "paid" };
      return found.intent.status === "canceled" ? { kind: "closed" } : underWay;
    }
    const { session } = found;
    if (session.status === "expired") return { kind: "closed" };
    // Complete is paid, or about to be: a query tells which, and a bank's money under way cannot be called back.
    if (session.status === "complete") return session.payment_status === "paid" ? { kind: "paid" } : underWay;

    const answer = await askStripe(account, outside, {
      method: "POST",
      path: `/v1/checkout/sessions/${session.id}/expire`,
    });
    // Stripe refuses when the session was completed meanwhile, and `paid` has the caller query again.
    if (answer.kind === "error" && answer.status === 400) return { kind: "paid" };
    if (answer.kind !== "answered") return unexpected(answer);
    const closed = foundSession.safeParse(answer.object).data;
    return closed?.id === session.id && closed.metadata?.out_trade_no === outTradeNo && closed.status === "expired"
      ? { kind: "closed" }
      : unreadable;
  },

  refund,
  refundQuery,
  statement,
};

const underWay = { kind: "unknown", why: "the buyer's money is under way" } as const;
const unreadable = { kind: "unknown", why: "the gateway's answer is not about this payment" } as const;

type Wanted = { readonly outTradeNo: string; readonly minor: number; readonly currency: string };

function opened(account: StripeAccount, wanted: Wanted, session: FoundSession | undefined): PayAnswer {
  const url = session?.url ?? "";
  const isIt =
    session?.status === "open" &&
    session.livemode === account.livemode &&
    session.metadata?.out_trade_no === wanted.outTradeNo &&
    session.amount_total === wanted.minor &&
    session.currency === wanted.currency;
  return isIt && isSafePage(account, url) ? { kind: "created", action: { type: "redirect", url } } : unreadable;
}

function answerOf(notice: Notice | undefined): QueryAnswer {
  return notice === undefined ? unreadable : { kind: "found", notice };
}

function noticeOfSession(session: FoundSession, outTradeNo: string): Notice | undefined {
  const { currency, amount_total: amountMinor, payment_intent: transactionId } = session;
  const status = statusOfSession(session);
  if (currency === undefined || amountMinor === undefined || status === undefined) return undefined;
  if (status === "succeeded" && transactionId === undefined) return undefined;
  return noticeOf({
    eventType: "payment",
    outTradeNo,
    ...(transactionId === undefined ? {} : { transactionId }),
    amountMinor,
    currency,
    status,
    rawStatus: session.status,
  });
}

function statusOfSession({ status, payment_status }: FoundSession): Notice["status"] | undefined {
  if (status === "open") return "processing";
  if (status === "expired") return "expired";
  return status === "complete" && payment_status === "paid" ? "succeeded" : undefined;
}

const intentStatuses: ReadonlyMap<string, Notice["status"]> = new Map([
  ["succeeded", "succeeded"],
  ["canceled", "cancelled"],
  ["processing", "processing"],
  ["requires_action", "processing"],
  ["requires_confirmation", "processing"],
  ["requires_capture", "processing"],
  ["requires_payment_method", "processing"],
]);

/** A completed session gives its buyer no second try: an intent that asks for another method has failed then. */
function noticeOfIntent(intent: FoundIntent, outTradeNo: string, isLast: boolean): Notice | undefined {
  const { id, amount, amount_received, currency, status: rawStatus } = intent;
  const said = intentStatuses.get(rawStatus);
  if (said === undefined) return undefined;
  const status = isLast && rawStatus === "requires_payment_method" ? "failed" : said;
  const amountMinor = status === "succeeded" ? (amount_received ?? amount) : amount;
  return noticeOf({ eventType: "payment", outTradeNo, transactionId: id, amountMinor, currency, status, rawStatus });
}
