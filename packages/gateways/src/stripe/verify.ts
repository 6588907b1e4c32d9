import type { CallbackRequest, Clock, RefusalReason, Verification } from "../gateway.ts";
import { freshnessOf } from "../reading/freshness.ts";
import { mediaTypeOf } from "../reading/media-type.ts";
import { readStrictJson } from "../reading/strict-json.ts";
import { type StripeAccount, secretsOf } from "./account.ts";
import { stripeEvent } from "./event.ts";
import { readNotice } from "./notice.ts";
import { readStripeSignature, signerOf } from "./signature.ts";

/**
 * Stripe's webhook (docs.stripe.com/webhooks/signature): header, freshness both ways, signature over the raw bytes, then
 * whose event it is, then what it says. Each retry is signed anew with a new `t`.
 *
 * An event that names a connected `account` is about somebody else's money: an account of ours is no platform.
 */
export function verifyStripe(account: StripeAccount, request: CallbackRequest, clock: Clock): Verification {
  const mediaType = mediaTypeOf(request.headers["content-type"]);
  if (mediaType !== undefined && mediaType !== "application/json") return refuse("unsupported_media_type");

  const signature = readStripeSignature(request.headers["stripe-signature"] ?? "");
  if (signature === undefined) return refuse("signature_invalid");
  const freshness = freshnessOf(signature.timestamp, clock.now, account.tolerance);
  if (freshness !== "fresh") return refuse(freshness === "stale" ? "stale" : "signature_invalid");
  const verifiedBy = signerOf(signature, request.body, secretsOf(account));
  if (verifiedBy === undefined) return refuse("signature_invalid");

  const event = stripeEvent.safeParse(readStrictJson(request.body));
  if (!event.success) return refuse("malformed");
  if (event.data.livemode !== account.livemode || event.data.account !== undefined) return refuse("foreign_merchant");

  const notice = readNotice(event.data);
  return notice === undefined ? refuse("malformed") : { ok: true, notice, verifiedBy };
}

function refuse(reason: RefusalReason): Verification {
  return { ok: false, reason };
}
