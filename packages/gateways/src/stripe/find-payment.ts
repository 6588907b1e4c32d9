import { z } from "zod";

import type { Outside } from "../gateway.ts";
import type { StripeAccount } from "./account.ts";
import { checkoutSession, paymentIntent } from "./event.ts";
import { type Unknown, askStripe, scan, unexpected } from "./request.ts";

/** A session lives a day at most; one older than this takes no money any more. */
const sessionWindowSeconds = 25 * 60 * 60;

export const foundSession = checkoutSession.extend({
  id: z.string().regex(/^[\w-]{1,255}$/),
  livemode: z.boolean(),
  status: z.string(),
  url: z.string().nullish(),
});
export type FoundSession = z.infer<typeof foundSession>;

const foundIntent = paymentIntent.extend({ status: z.string(), livemode: z.boolean() });
export type FoundIntent = z.infer<typeof foundIntent>;

export type Found =
  | { readonly kind: "session"; readonly session: FoundSession }
  | { readonly kind: "intent"; readonly intent: FoundIntent }
  | { readonly kind: "not_found" }
  | Unknown;

/**
 * Finds a payment by our number, which is all that is known of it here.
 *
 * Search is eventually consistent, so that its silence proves nothing about the last minutes; lists are not, but cannot
 * be asked for metadata. Hence: the sessions of the last day are listed, and what is older, and so long since indexed, is
 * searched for among the intents. Only a list read to its end and an empty search together are `not_found`.
 */
export async function findPayment(account: StripeAccount, outTradeNo: string, outside: Outside): Promise<Found> {
  const since = Math.floor(outside.now().getTime() / 1000) - sessionWindowSeconds;
  const recent = await scan(account, outside, {
    path: "/v1/checkout/sessions",
    fields: { "created[gte]": String(since) },
    schema: foundSession,
    isWanted: ({ metadata }) => metadata?.out_trade_no === outTradeNo,
  });
  if (recent.kind === "unknown") return recent;
  const [session] = recent.items;
  if (session !== undefined) {
    return session.livemode === account.livemode && (session.mode ?? "payment") === "payment"
      ? { kind: "session", session }
      : { kind: "unknown", why: "the gateway answered for another mode" };
  }

  const intent = await searchIntent(account, outTradeNo, outside);
  if (intent.kind !== "not_found") return intent;
  return recent.complete ? intent : { kind: "unknown", why: "too many sessions to look through" };
}

async function searchIntent(account: StripeAccount, outTradeNo: string, outside: Outside): Promise<Found> {
  if (!/^[\w-]{1,64}$/.test(outTradeNo)) return { kind: "unknown", why: "the number cannot be searched for" };
  const answer = await askStripe(account, outside, {
    method: "GET",
    path: "/v1/payment_intents/search",
    fields: { query: `metadata["out_trade_no"]:"${outTradeNo}"`, limit: "10" },
  });
  if (answer.kind !== "answered") return unexpected(answer);
  const read = foundIntent.array().safeParse(answer.object["data"]);
  if (!read.success) return { kind: "unknown", why: "the gateway's search cannot be read" };
  const [intent] = read.data.toSorted((left, right) => rank(left) - rank(right));
  if (intent === undefined) return { kind: "not_found" };
  return read.data.every((one) => isOurs(account, one, outTradeNo))
    ? { kind: "intent", intent }
    : { kind: "unknown", why: "the gateway answered for another payment" };
}

/** Money that was taken says more than an intent that came to nothing. */
function rank({ status }: FoundIntent): number {
  return status === "succeeded" ? 0 : status === "canceled" ? 2 : 1;
}

function isOurs(account: StripeAccount, intent: FoundIntent, outTradeNo: string): boolean {
  return intent.livemode === account.livemode && intent.metadata?.out_trade_no === outTradeNo;
}

/** The intent of a session that was completed but is not paid. */
export async function readIntent(
  account: StripeAccount,
  { id, outTradeNo }: { readonly id: string; readonly outTradeNo: string },
  outside: Outside,
): Promise<Found> {
  const answer = await askStripe(account, outside, {
    method: "GET",
    path: `/v1/payment_intents/${encodeURIComponent(id)}`,
  });
  if (answer.kind !== "answered") return unexpected(answer);
  const read = foundIntent.safeParse(answer.object);
  return read.success && read.data.id === id && isOurs(account, read.data, outTradeNo)
    ? { kind: "intent", intent: read.data }
    : { kind: "unknown", why: "the gateway answered for another payment" };
}
