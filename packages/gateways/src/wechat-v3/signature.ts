import { type KeyObject, constants, verify } from "node:crypto";

import type { CallbackRequest, Clock, RefusalReason } from "../gateway.ts";
import { type WechatV3Account, serialOf } from "./account.ts";
import { readBase64 } from "../reading/base64.ts";
import { isValidAt, readCertificate, readPublicKey } from "../reading/pem.ts";

/** Both directions; wechatpay-go and wechatpay-axios-plugin refuse beyond five minutes too. */
const freshnessSeconds = 300;
const unixSeconds = /^[1-9][0-9]{0,11}$/;
const printable = /^[\x21-\x7e]{1,512}$/;
/** The only type that exists beside SM2's; an absent header means it (wechatpay-go, wechatpay-java). */
const signatureType = "WECHATPAY2-SHA256-RSA2048";

/**
 * Checks the `Wechatpay-*` headers over the raw body: freshness, then RSA-SHA256 PKCS#1 v1.5 over timestamp, nonce and
 * body, each ended by LF, under the key that the serial names (WeChat Pay v3 "签名验证"; wechatpay-go `validators`).
 *
 * Notices and answers to calls are signed alike, an empty body too. A probe (`WECHATPAY/SIGNTEST/…`) is a deliberately wrong signature and is refused as any other: the real one follows.
 */
export function refusalOf(
  account: WechatV3Account,
  { headers, body }: Pick<CallbackRequest, "headers" | "body">,
  clock: Pick<Clock, "now">,
): RefusalReason | undefined {
  const timestamp = headers["wechatpay-timestamp"] ?? "";
  const nonce = headers["wechatpay-nonce"] ?? "";
  const signature = headers["wechatpay-signature"] ?? "";
  const serial = headers["wechatpay-serial"] ?? "";
  if (!unixSeconds.test(timestamp) || !printable.test(nonce)) return "malformed";
  if (signature === "" || serial === "") return "malformed";
  if ((headers["wechatpay-signature-type"] ?? signatureType) !== signatureType) return "signature_invalid";
  if (Math.abs(clock.now.getTime() / 1000 - Number(timestamp)) > freshnessSeconds) return "stale";

  const key = keyOf(account, serial, clock.now);
  const bytes = readBase64(signature);
  if (key === undefined || bytes === undefined) return "signature_invalid";
  const signed = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from("\n")]);
  return verify("RSA-SHA256", signed, { key, padding: constants.RSA_PKCS1_PADDING }, bytes)
    ? undefined
    : "signature_invalid";
}

/** A serial is text from the network: it is looked up in a Map, where `constructor` names nothing. */
function keyOf(account: WechatV3Account, serial: string, now: Date): KeyObject | undefined {
  const keys = new Map(Object.entries(account.keys).map(([name, key]) => [serialOf(name, key.type), key]));
  const named = keys.get(serial);
  if (named === undefined) return undefined;
  if (named.type === "publicKey") return readPublicKey(named.pem);

  const certificate = readCertificate(named.pem);
  return certificate !== undefined && isValidAt(certificate, now) ? certificate.publicKey : undefined;
}
