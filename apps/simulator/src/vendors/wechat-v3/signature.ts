import { constants, randomBytes, sign } from "node:crypto";

import type { PlatformKey } from "./house.ts";

export const scheme = "WECHATPAY2-SHA256-RSA2048";

/**
 * The headers that sign a body, of an answer and of a notice alike: RSA-SHA256 PKCS#1 v1.5 over timestamp, nonce and body,
 * each ended by LF, an empty body too (WeChat Pay v3 "签名验证").
 */
export function signatureHeaders(
  { serial, privateKey }: PlatformKey,
  body: string,
  at: Date,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const nonce = randomBytes(16).toString("hex");
  const signed = Buffer.from(`${timestamp}\n${nonce}\n${body}\n`);
  const signature = sign("RSA-SHA256", signed, { key: privateKey, padding: constants.RSA_PKCS1_PADDING });
  return {
    "wechatpay-timestamp": timestamp,
    "wechatpay-nonce": nonce,
    "wechatpay-signature": signature.toString("base64"),
    "wechatpay-serial": serial,
    "wechatpay-signature-type": scheme,
  };
}
