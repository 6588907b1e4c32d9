import { constants, createPublicKey, verify } from "node:crypto";

import type { WechatAccount } from "./house.ts";
import { scheme } from "./signature.ts";

const freshnessSeconds = 300;
const maximumHeaderLength = 4_096;
const unixSeconds = /^[1-9][0-9]{0,11}$/;
const names = ["mchid", "nonce_str", "timestamp", "serial_no", "signature"] as const;

export type SignedRequest = {
  readonly method: string;
  /** As it was requested, with everything before the vendor's own path. */
  readonly url: string;
  readonly authorization: string;
  readonly body: Uint8Array;
};

/**
 * Why a request is not the merchant's, in WeChat's words; `undefined` when it is. The signature is over method, path with
 * query, timestamp, nonce and body, each ended by LF (WeChat Pay v3 "如何生成请求签名").
 */
export function authorizationProblem(account: WechatAccount, request: SignedRequest, now: Date): string | undefined {
  const said = readAuthorization(request.authorization);
  if (said === undefined) return "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》";
  if (said.mchid !== account.mchid) return "Http头Authorization中的mchid不存在";
  if (said.serial_no.toUpperCase() !== account.merchantSerial.toUpperCase()) {
    return "商户证书序列号有误。请使用签名私钥匹配的证书序列号";
  }
  const ageSeconds = Math.abs(now.getTime() / 1000 - Number(said.timestamp));
  if (!unixSeconds.test(said.timestamp) || ageSeconds > freshnessSeconds) {
    return "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟";
  }
  return isSigned(account, request, said) ? undefined : "签名错误，请检查后再试";
}

type Authorization = Readonly<Record<(typeof names)[number], string>>;

/** Exactly the five named values, in any order. */
function readAuthorization(header: string): Authorization | undefined {
  const [word, list] = [header.slice(0, scheme.length + 1), header.slice(scheme.length + 1)];
  if (word !== `${scheme} ` || header.length > maximumHeaderLength) return undefined;
  const pairs = list.split(",").map((pair) => /^\s*([a-z_]+)="([^"]*)"\s*$/.exec(pair));
  const values = new Map(pairs.map((pair) => [pair?.[1], pair?.[2]]));
  const [mchid, nonce, timestamp, serial, signature] = names.map((name) => values.get(name));
  if (pairs.length !== names.length || !mchid || !nonce || !timestamp || !serial || !signature) return undefined;
  return { mchid, nonce_str: nonce, timestamp, serial_no: serial, signature };
}

function isSigned(account: WechatAccount, { method, url, body }: SignedRequest, said: Authorization): boolean {
  const { pathname, search } = new URL(url);
  const before = `${method}\n${pathname}${search}\n${said.timestamp}\n${said.nonce_str}\n`;
  const signed = Buffer.concat([Buffer.from(before), body, Buffer.from("\n")]);
  const key = createPublicKey(account.merchantPrivateKey);
  const signature = Buffer.from(said.signature, "base64");
  return verify("RSA-SHA256", signed, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
}
