import { type KeyObject, constants, verify } from "node:crypto";

import type { CallbackRequest, Clock, RefusalReason } from "../gateway.ts";
import { serialName } from "../key-names.ts";
import { type WechatV3Account, serialOf } from "./account.ts";
import { readBase64 } from "../reading/base64.ts";
import { isValidAt, readCertificate, readPublicKey } from "../reading/pem.ts";

/** Both directions; wechatpay-go and wechatpay-axios-plugin refuse beyond five minutes too. */
const freshnessSeconds = 300;
const unixSeconds = /^[1-9][0-9]{0,11}$/;
const printable = /^[\x21-\x7e]{1,512}$/;
/** The only type that exists beside SM2's; an absent header means it (wechatpay-go, wechatpay-java). */
const signatureType = "WECHATPAY2-SHA256-RSA2048";

type Message = Pick<CallbackRequest, "headers" | "body">;
type Checked =
  | { readonly ok: true; readonly verifiedBy: string }
  | { readonly ok: false; readonly reason: RefusalReason };

/** Why a message is not WeChat's; `undefined` when it is. */
export function refusalOf(
  account: WechatV3Account,
  message: Message,
  clock: Pick<Clock, "now">,
): RefusalReason | undefined {
  const checked = checkSignature(account, message, clock);
  return checked.ok ? undefined : checked.reason;
}

/**
 * Checks the `Wechatpay-*` headers over the raw body: freshness, then RSA-SHA256 PKCS#1 v1.5 over timestamp, nonce and
 * body, each ended by LF, under the key that the serial names (WeChat Pay v3 "签名验证"; wechatpay-go `validators`).
 *
 * Notices and answers to calls are signed alike, an empty body too. A probe (`WECHATPAY/SIGNTEST/…`) is a deliberately
 * wrong signature and is refused as any other: the real one follows.
 */
export function checkSignature(
  account: WechatV3Account,
  { headers, body }: Message,
  clock: Pick<Clock, "now">,
): Checked {
  const timestamp = headers["wechatpay-timestamp"] ?? "";
  const nonce = headers["wechatpay-nonce"] ?? "";
  const signature = headers["wechatpay-signature"] ?? "";
  const serial = headers["wechatpay-serial"] ?? "";
  if (!unixSeconds.test(timestamp) || !printable.test(nonce)) return refuse("malformed");
  if (signature === "" || serial === "") return refuse("malformed");
  if ((headers["wechatpay-signature-type"] ?? signatureType) !== signatureType) return refuse("signature_invalid");
  if (Math.abs(clock.now.getTime() / 1000 - Number(timestamp)) > freshnessSeconds) return refuse("stale");

  const named = keyOf(account, serial, clock.now);
  const bytes = readBase64(signature);
  if (named === undefined || bytes === undefined) return refuse("signature_invalid");
  const signed = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from("\n")]);
  return verify("RSA-SHA256", signed, { key: named.key, padding: constants.RSA_PKCS1_PADDING }, bytes)
    ? { ok: true, verifiedBy: named.name }
    : refuse("signature_invalid");
}

function refuse(reason: RefusalReason): Checked {
  return { ok: false, reason };
}

type NamedKey = { readonly key: KeyObject; readonly name: string };

/** A serial is text from the network: it is looked up in a Map, where `constructor` names nothing. */
function keyOf(account: WechatV3Account, serial: string, now: Date): NamedKey | undefined {
  const keys = new Map(
    Object.entries(account.keys).map(([written, { type, pem }]) => [
      serialOf(written, type),
      { name: serialName(type, written), read: () => (type === "publicKey" ? readPublicKey(pem) : keyIn(pem, now)) },
    ]),
  );
  const held = keys.get(serial);
  const key = held?.read();
  return held === undefined || key === undefined ? undefined : { key, name: held.name };
}

function keyIn(pem: string, now: Date): KeyObject | undefined {
  const certificate = readCertificate(pem);
  return certificate !== undefined && isValidAt(certificate, now) ? certificate.publicKey : undefined;
}
