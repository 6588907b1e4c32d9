import type { Notice } from "@zhanggui/domain";

import type { CallbackRequest, Clock, Verification } from "../gateway.ts";
import type { WechatV3Account } from "./account.ts";
import { decrypt, readEnvelope } from "./envelope.ts";
import { ignoredNotice, readPayment, readRefund } from "./notice.ts";
import { refusalOf } from "./signature.ts";
import type { JsonObject } from "../reading/strict-json.ts";

const maximumBodyBytes = 65_536;

/** Partner mode: the money is a sub-merchant's, and this account is a direct merchant's. */
const partnerFields = ["sp_mchid", "sp_appid", "sub_mchid", "sub_appid"];
/** Combined orders: one notice over several payments, which a notice of ours cannot say. */
const combinedFields = ["combine_out_trade_no", "combine_mchid", "sub_orders"];

/** WeChat Pay API v3: headers, freshness, signature, decryption, merchant, and only then the facts. */
export function verifyWechatV3(account: WechatV3Account, request: CallbackRequest, clock: Clock): Verification {
  if (request.method !== "POST" || request.body.length > maximumBodyBytes) return { ok: false, reason: "malformed" };
  if (!isJson(request.headers["content-type"])) return { ok: false, reason: "unsupported_media_type" };

  const refusal = refusalOf(account, request, clock);
  if (refusal !== undefined) return { ok: false, reason: refusal };

  const envelope = readEnvelope(request.body);
  if (envelope === undefined) return { ok: false, reason: "malformed" };
  const plaintext = decrypt(envelope, account.apiV3Key);
  if (plaintext === undefined) return { ok: false, reason: "signature_invalid" };

  return readPlaintext(account, { id: envelope.id, eventType: envelope.event_type, plaintext });
}

type Event = { readonly id: string; readonly eventType: string; readonly plaintext: JsonObject };

/** TRANSACTION.SUCCESS is the only documented payment event: failures and closures are not told. */
function readPlaintext(account: WechatV3Account, { id, eventType, plaintext }: Event): Verification {
  const isPayment = eventType.startsWith("TRANSACTION.");
  if (!isPayment && !eventType.startsWith("REFUND.")) {
    const isForeign = plaintext["mchid"] !== undefined && plaintext["mchid"] !== account.mchid;
    return isForeign ? { ok: false, reason: "foreign_merchant" } : { ok: true, notice: ignoredNotice(id, eventType) };
  }

  // Refused on purpose, not acknowledged: its money must not disappear behind a success answer.
  if (isCombined(plaintext)) return { ok: false, reason: "malformed" };
  if (!isOurs(account, plaintext, isPayment)) return { ok: false, reason: "foreign_merchant" };

  const notice: Notice | undefined = (isPayment ? readPayment : readRefund)(plaintext, eventType);
  return notice === undefined ? { ok: false, reason: "malformed" } : { ok: true, notice };
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
  return contentType === undefined || contentType.split(";", 1)[0]?.trim().toLowerCase() === "application/json";
}
