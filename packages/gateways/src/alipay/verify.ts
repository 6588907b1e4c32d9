import type { CallbackRequest, RefusalReason, Verification } from "../gateway.ts";
import { mediaTypeOf } from "../reading/media-type.ts";
import type { AlipayAccount } from "./account.ts";
import { decodeFields, readFormBytes } from "./form.ts";
import { readRsaPublicKey } from "./keys.ts";
import { isTradeNotice, readNotice } from "./notice.ts";
import { isSignedByAlipay, pinnedSignType } from "./signature.ts";

/** An account has one key of Alipay's; `keysOf` calls it so too. */
const keyName = "alipayPublicKey";
const formType = "application/x-www-form-urlencoded";

/**
 * Alipay's asynchronous notice (opendocs.alipay.com, 异步通知说明): form, signature over its bytes, then whose it is, then
 * the facts. There is no freshness to check: the same bytes are re-sent for 25 hours, and `notify_time` is not a stamp.
 */
export function verifyAlipay(account: AlipayAccount, request: CallbackRequest): Verification {
  const mediaType = mediaTypeOf(request.headers["content-type"]);
  if (mediaType !== undefined && mediaType !== formType) return refuse("unsupported_media_type");

  const bytes = readFormBytes(request.body);
  if (bytes === undefined) return refuse("malformed");
  if ((bytes.get("sign_type") || pinnedSignType) !== pinnedSignType) return refuse("signature_invalid");
  const key = readRsaPublicKey(account.alipayPublicKey);
  if (key === undefined || !isSignedByAlipay(bytes, key)) return refuse("signature_invalid");

  const fields = decodeFields(bytes);
  if (fields === undefined) return refuse("malformed");
  if (!isOurs(account, fields)) return refuse("foreign_merchant");
  const notice = readNotice(fields);
  return notice === undefined ? refuse("malformed") : { ok: true, notice, verifiedBy: keyName };
}

/** A trade names the app and the seller; a notice of something else (an agreement, a risk) has no seller to name. */
function isOurs(account: AlipayAccount, fields: ReadonlyMap<string, string>): boolean {
  const seller = fields.get("seller_id");
  const hasNoSeller = seller === undefined && !isTradeNotice(fields);
  return fields.get("app_id") === account.app_id && (seller === account.seller_id || hasNoSeller);
}

function refuse(reason: RefusalReason): Verification {
  return { ok: false, reason };
}
