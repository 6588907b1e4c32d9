import type { CallbackRequest, Clock, RefusalReason, Verification } from "../gateway.ts";
import type { StandardWebhooksAccount } from "./account.ts";
import { freshnessOf } from "../reading/freshness.ts";
import { mediaTypeOf } from "../reading/media-type.ts";
import { readNotice } from "./notice.ts";
import { signerOf } from "./signature.ts";
import { readStrictJson } from "../reading/strict-json.ts";

const messageId = /^[\x21-\x7e]{1,255}$/;

/**
 * Standard Webhooks 1.0.0: headers, freshness both ways, signature over `id.timestamp.body`, then the body.
 *
 * `webhook-id` is no part of a notice's event key: the key is made of the facts, so that a sender who gives one fact two
 * ids is still heard once. Retries keep the id and every fact, and change the timestamp only.
 */
export function verifyStandardWebhooks(
  account: StandardWebhooksAccount,
  { headers, body }: CallbackRequest,
  clock: Clock,
): Verification {
  const mediaType = mediaTypeOf(headers["content-type"]);
  if (mediaType !== undefined && mediaType !== "application/json") return refuse("unsupported_media_type");

  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (!id || !timestamp || !signatures) return refuse("signature_invalid");
  if (!messageId.test(id)) return refuse("malformed");

  const freshness = freshnessOf(timestamp, clock.now, account.tolerance);
  if (freshness !== "fresh") return refuse(freshness);
  const verifiedBy = signerOf(account, { id, timestamp, signatures, body });
  if (verifiedBy === undefined) return refuse("signature_invalid");

  const notice = readNotice(id, readStrictJson(body));
  return notice === undefined ? refuse("malformed") : { ok: true, notice, verifiedBy };
}

function refuse(reason: RefusalReason): Verification {
  return { ok: false, reason };
}
