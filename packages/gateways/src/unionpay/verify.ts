import type { CallbackRequest, Clock, Verification } from "../gateway.ts";
import { mediaTypeOf } from "../reading/media-type.ts";
import type { UnionpayAccount } from "./account.ts";
import { decodeForm, readFormBytes } from "./form.ts";
import { readNotice } from "./notice.ts";
import { signerOf } from "./signature.ts";

/**
 * 银联全渠道 5.1.0: the body's fields alone (the address's query is not signed), the certificate they bring, the
 * signature, the merchant, the facts. The scheme has no freshness: `txnTime` is the merchant's own order time.
 */
export function verifyUnionpay(account: UnionpayAccount, request: CallbackRequest, clock: Clock): Verification {
  if (!isForm(request.headers["content-type"])) return { ok: false, reason: "unsupported_media_type" };
  const form = readFormBytes(request.body);
  const fields = form && decodeForm(form);
  if (form === undefined || fields === undefined) return { ok: false, reason: "malformed" };

  const verifiedBy = signerOf(form, fields, { account, now: clock.now });
  if (verifiedBy === undefined) return { ok: false, reason: "signature_invalid" };
  if (fields.get("merId") !== account.merId) return { ok: false, reason: "foreign_merchant" };
  const notice = readNotice(fields);
  return notice === undefined ? { ok: false, reason: "malformed" } : { ok: true, notice, verifiedBy };
}

function isForm(contentType: string | undefined): boolean {
  const mediaType = mediaTypeOf(contentType);
  return mediaType === undefined || mediaType === "application/x-www-form-urlencoded";
}
