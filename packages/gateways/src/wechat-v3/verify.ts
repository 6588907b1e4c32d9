import type { Notice } from "@zhanggui/domain";

import type { CallbackRequest, Clock, RefusalReason, Verification } from "../gateway.ts";
import type { WechatV3Account } from "./account.ts";
import { decrypt, readEnvelope } from "./envelope.ts";
import { ignoredNotice, readPayment, readRefund } from "./notice.ts";
import { checkSignature } from "./signature.ts";
import { mediaTypeOf } from "../reading/media-type.ts";
import type { JsonObject } from "../reading/strict-json.ts";

/** Partner mode: the money is a sub-merchant's, and this account is a direct merchant's. */
const partnerFields = ["sp_mchid", "sp_appid", "sub_mchid", "sub_appid"];
/** Combined orders: one notice over several payments, which a notice of ours cannot say. */
const combinedFields = ["combine_out_trade_no", "combine_mchid", "sub_orders"];

/** WeChat Pay API v3: headers, freshness, signature, decryption, merchant, and only then the facts. */
export function verifyWechatV3(account: WechatV3Account, request: CallbackRequest, clock: Clock): Verification {
  if (!isJson(request.headers["content-type"])) return { ok: false, reason: "unsupported_media_type" };

  const checked = checkSignature(account, request, clock);
  if (!checked.ok) return checked;

  const envelope = readEnvelope(request.body);
  if (envelope === undefined) return { ok: false, reason: "malformed" };
  const plaintext = decrypt(envelope, account.apiV3Key);
  if (plaintext === undefined) return { ok: false, reason: "signature_invalid" };

  const notice = readPlaintext(account, { id: envelope.id, eventType: envelope.event_type, plaintext });
  return typeof notice === "string"
    ? { ok: false, reason: notice }
    : { ok: true, notice, verifiedBy: checked.verifiedBy };
}

type Event = { readonly id: string; readonly eventType: string; readonly plaintext: JsonObject };

/** TRANSACTION.SUCCESS is the only documented payment event: failures and closures are not told. */
function readPlaintext(account: WechatV3Account, { id, eventType, plaintext }: Event): Notice | RefusalReason {
  const isPayment = eventType.startsWith("TRANSACTION.");
  if (!isPayment && !eventType.startsWith("REFUND.")) {
    const isForeign = plaintext["mchid"] !== undefined && plaintext["mchid"] !== account.mchid;
    return isForeign ? "foreign_merchant" : ignoredNotice(id, eventType);
  }

  if (isCombined(plaintext)) return readCombined(account, { id, eventType, plaintext });
  if (!isOurs(account, plaintext, isPayment)) return "foreign_merchant";

  return (isPayment ? readPayment : readRefund)(plaintext, eventType) ?? "malformed";
}

/**
 * Authentic and ours, but of several payments at once: kept whole with its bytes and named in `rawStatus`, because a
 * refusal would only be repeated for a day and then be lost.
 */
function readCombined(account: WechatV3Account, { id, eventType, plaintext }: Event): Notice | RefusalReason {
  const orders = plaintext["sub_orders"];
  const merchants = Array.isArray(orders) ? orders.map((order: unknown) => isMerchant(order, account.mchid)) : [];
  const isAllOurs = plaintext["combine_mchid"] === account.mchid && merchants.length > 0 && !merchants.includes(false);
  return isAllOurs ? ignoredNotice(id, `COMBINED.${eventType}`) : "foreign_merchant";
}

function isMerchant(order: unknown, mchid: string): boolean {
  return typeof order === "object" && order !== null && "mchid" in order && order.mchid === mchid;
}

export function isCombined(plaintext: JsonObject): boolean {
  return hasAny(plaintext, combinedFields);
}

/** A payment names the merchant and the app, a refund the merchant alone (WeChat Pay v3 "退款结果通知"). */
export function isOurs(account: WechatV3Account, plaintext: JsonObject, isPayment: boolean): boolean {
  if (hasAny(plaintext, partnerFields) || plaintext["mchid"] !== account.mchid) return false;
  return plaintext["appid"] === account.appid || (!isPayment && plaintext["appid"] === undefined);
}

function hasAny(plaintext: JsonObject, names: readonly string[]): boolean {
  return names.some((name) => Object.hasOwn(plaintext, name));
}

/** WeChat always says `application/json`; without the header the body still has to be it, byte for byte as signed. */
function isJson(contentType: string | undefined): boolean {
  return contentType === undefined || mediaTypeOf(contentType) === "application/json";
}
