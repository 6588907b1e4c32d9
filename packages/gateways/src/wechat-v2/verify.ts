import type { Notice } from "@zhanggui/domain";

import type { CallbackRequest, Clock, Verification } from "../gateway.ts";
import { mediaTypeOf } from "../reading/media-type.ts";
import type { WechatV2Account } from "./account.ts";
import { type FlatXml, readFlatXml } from "./flat-xml.ts";
import { readPayment } from "./payment-notice.ts";
import { decryptRefund, readRefund } from "./refund-notice.ts";
import { algorithmOf } from "./signature.ts";

/** The account's one key; `keysOf` calls it so too. What it was used for stands behind it. */
const keyName = "apiV2Key";
const xmlTypes: ReadonlySet<string | undefined> = new Set(["text/xml", "application/xml", undefined]);

/** Partner mode: the money is a sub-merchant's, and this account is a direct merchant's. */
const partnerFields = ["sub_mch_id", "sub_appid"];

/**
 * WeChat Pay v2. The scheme has no freshness: nonce_str guards nothing, and the same bytes may come again for a day.
 * What says `return_code` FAIL is unsigned and refused as such.
 */
export function verifyWechatV2(account: WechatV2Account, request: CallbackRequest, _clock: Clock): Verification {
  if (!xmlTypes.has(mediaTypeOf(request.headers["content-type"])))
    return { ok: false, reason: "unsupported_media_type" };
  const fields = readFlatXml(request.body, "xml");
  if (fields === undefined) return { ok: false, reason: "malformed" };

  const reqInfo = fields.get("req_info");
  return reqInfo === undefined ? verifyPayment(account, fields) : verifyRefund(account, fields, reqInfo);
}

function verifyPayment(account: WechatV2Account, fields: FlatXml): Verification {
  const algorithm = algorithmOf(fields, account);
  if (algorithm === undefined) return { ok: false, reason: "signature_invalid" };
  if (!isOurs(account, fields)) return { ok: false, reason: "foreign_merchant" };
  return outcome(fields.get("return_code") === "SUCCESS" ? readPayment(fields) : undefined, algorithm);
}

/** A refund notice is encrypted, not signed: that it decrypts is all that is known of its sender. */
function verifyRefund(account: WechatV2Account, fields: FlatXml, reqInfo: string): Verification {
  const plaintext = decryptRefund(reqInfo, account.apiV2Key);
  if (plaintext === undefined) return { ok: false, reason: "signature_invalid" };
  if (!isOurs(account, fields)) return { ok: false, reason: "foreign_merchant" };
  return outcome(fields.get("return_code") === "SUCCESS" ? readRefund(plaintext) : undefined, "AES-256-ECB");
}

export function isOurs(account: WechatV2Account, fields: FlatXml): boolean {
  if (partnerFields.some((name) => (fields.get(name) ?? "") !== "")) return false;
  return fields.get("appid") === account.appid && fields.get("mch_id") === account.mch_id;
}

function outcome(notice: Notice | undefined, algorithm: string): Verification {
  if (notice === undefined) return { ok: false, reason: "malformed" };
  return { ok: true, notice, verifiedBy: `${keyName} ${algorithm}` };
}
