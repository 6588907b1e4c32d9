import { isFlatMediaType, readFlatBody } from "../flat-body.ts";
import type { CallbackRequest, Clock, Verification } from "../gateway.ts";
import { type HmacKeys, secretsOf } from "./account.ts";
import { freshnessOf } from "./freshness.ts";
import { isCutAnew, readNotice } from "./notice.ts";
import { signerOf } from "./signature.ts";

/** The contract's `hmac` scheme: body read strictly, then the signature, then freshness, then the facts. */
export function verifyHmac(
  account: HmacKeys & { readonly allowUnsigned?: boolean | undefined },
  request: CallbackRequest,
  clock: Clock,
): Verification {
  const contentType = request.headers["content-type"];
  if (!isFlatMediaType(contentType)) return { ok: false, reason: "unsupported_media_type" };
  const fields = readFlatBody(contentType, request.body);
  if (fields === undefined) return { ok: false, reason: "malformed" };

  const mayBeUnsigned = !fields.has("sign") && account.allowUnsigned === true;
  if (mayBeUnsigned && clock.production) return { ok: false, reason: "unsigned_refused" };
  const verifiedBy = mayBeUnsigned ? "unsigned" : signerOf(fields, secretsOf(account));
  if (verifiedBy === undefined) return { ok: false, reason: "signature_invalid" };
  if (isCutAnew(fields)) return { ok: false, reason: "malformed" };

  const freshness = freshnessOf(fields.get("timestamp"), clock.now);
  if (freshness !== "fresh") return { ok: false, reason: freshness };

  const notice = readNotice(fields);
  return notice === undefined ? { ok: false, reason: "malformed" } : { ok: true, notice, verifiedBy };
}
