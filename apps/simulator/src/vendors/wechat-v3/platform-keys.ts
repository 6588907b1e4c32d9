import { generateKeyPairSync } from "node:crypto";

import type { Signing } from "../../notices/scheme.ts";
import type { PlatformKey, WechatKeys } from "./house.ts";

/**
 * What an answer is signed with: the key that the request's `Wechatpay-Serial` names, unasked the certificate (gateways.md
 * §1 "Keys, two modes"). `undefined` when no key has that name.
 */
export function answeringKey({ platformKeys }: WechatKeys, asked: string | undefined): PlatformKey | undefined {
  if (asked !== undefined) return platformKeys.find(({ serial }) => serial === asked);
  return platformKeys.find(({ type }) => type === "certificate") ?? platformKeys[0];
}

/** What a notice is signed with. A foreign key goes by the name of the current one, else nobody would look at it. */
export function noticeKey({ platformKeys }: WechatKeys, key: Signing["key"]): PlatformKey {
  const [current, other = current] = platformKeys;
  if (current === undefined || other === undefined) throw new Error("an account of WeChat Pay without a platform key");
  if (key === "foreign") return { serial: current.serial, type: "publicKey", privateKey: foreignPrivateKey() };
  return key === "other" ? other : current;
}

let foreign: string | undefined;

/** Made at the first forgery and kept: making one takes as long as dozens of deliveries. */
function foreignPrivateKey(): string {
  foreign ??= generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  }).privateKey;
  return foreign;
}
