import type { CallbackRequest, RefusalReason, Verification } from "../gateway.ts";
import type { AlipayAccount } from "./account.ts";
import { decodeFields, readFormBytes } from "./form.ts";
import { readRsaPublicKey } from "./keys.ts";
import { readNotice } from "./notice.ts";
import { isSignedByAlipay, pinnedSignType } from "./signature.ts";

const formType = "application/x-www-form-urlencoded";

/**
 * Alipay's asynchronous notice (opendocs.alipay.com, 异步通知说明): form, signature over its bytes, then whose it is, then
 * the facts. There is no freshness to check: the same bytes are re-sent for 25 hours, and `notify_time` is not a stamp.
 */
export function verifyAlipay(account: AlipayAccount, request: CallbackRequest): Verification {
  if (request.method.toUpperCase() !== "POST") return refuse("malformed");
  const mediaType = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (mediaType !== undefined && mediaType !== formType) return refuse("unsupported_media_type");

  const bytes = readFormBytes(request.body);
  if (bytes === undefined) return refuse("malformed");
  if ((bytes.get("sign_type") || pinnedSignType) !== pinnedSignType) return refuse("signature_invalid");
  const key = readRsaPublicKey(account.alipayPublicKey);
  if (key === undefined || !isSignedByAlipay(bytes, key)) return refuse("signature_invalid");

  const fields = decodeFields(bytes);
  if (fields === undefined) return refuse("malformed");
  if (fields.get("app_id") !== account.app_id || fields.get("seller_id") !== account.seller_id) {
    return refuse("foreign_merchant");
  }
  const notice = readNotice(fields);
  return notice === undefined ? refuse("malformed") : { ok: true, notice };
}

function refuse(reason: RefusalReason): Verification {
  return { ok: false, reason };
}
