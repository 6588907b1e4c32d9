import { constants, createHash, sign } from "node:crypto";

import type { Question } from "../exchange.ts";
import { readCertificate, readPrivateKey } from "../reading/pem.ts";
import type { UnionpayAccount } from "./account.ts";

const officialUrl = "https://gateway.95516.com";
/** UnionPay hands out files at a host of their own beside each of its gateways, at the root. */
const officialGateway = /^gateway\.((?:test\.)?95516\.com)$/;

const beijingOffsetMs = 8 * 60 * 60 * 1000;

export type Fields = Readonly<Record<string, string>>;
export type Service = "frontTransReq" | "backTransReq" | "queryTrans" | "fileDownload";

/**
 * The address of a service. Only UnionPay's own gateways have another host for files: at any other base address, such as
 * a proxy's, they are asked for beside the rest, since an account has one address.
 */
export function addressOf({ baseUrl = officialUrl }: UnionpayAccount, service: Service): string {
  const domain = officialGateway.exec(new URL(baseUrl).hostname)?.[1];
  if (service === "fileDownload" && domain !== undefined) return `https://filedownload.${domain}/`;
  return `${baseUrl.replace(/\/$/, "")}/gateway/api/${service}.do`;
}

/**
 * A request of this merchant (产品接口规范, 5.1.0), empty fields left out, as they are not signed: RSA-SHA256 over the
 * lower-case hexadecimal SHA-256 of the fields, sorted and joined. `certId` is the certificate's serial number in
 * decimal digits. `undefined` without a usable key.
 */
export function signedRequest(account: UnionpayAccount, words: Fields): Fields | undefined {
  const key = readPrivateKey(account.signPrivateKey);
  const certificate = readCertificate(account.signCert);
  if (key === undefined || certificate === undefined) return undefined;
  const fields = Object.entries({
    ...words,
    version: "5.1.0",
    encoding: "UTF-8",
    signMethod: "01",
    accessType: "0",
    merId: account.merId,
    certId: BigInt(`0x${certificate.serialNumber}`).toString(),
  })
    .filter(([, value]) => value !== "")
    .toSorted(([left], [right]) => (left < right ? -1 : 1));

  const text = fields.map(([name, value]) => `${name}=${value}`).join("&");
  const digest = createHash("sha256").update(text).digest("hex");
  const signature = sign("RSA-SHA256", Buffer.from(digest), { key, padding: constants.RSA_PKCS1_PADDING });
  return { ...Object.fromEntries(fields), signature: signature.toString("base64") };
}

export function questionOf(account: UnionpayAccount, service: Service, request: Fields): Question {
  return {
    method: "POST",
    url: addressOf(account, service),
    headers: { "content-type": "application/x-www-form-urlencoded;charset=utf-8" },
    body: new URLSearchParams(request).toString(),
  };
}

/** `yyyyMMddHHmmss` of Beijing; a started second is dropped, so a deadline is never late. */
export function beijingText(time: Date): string {
  return new Date(time.getTime() + beijingOffsetMs).toISOString().slice(0, 19).replaceAll(/[-T:]/g, "");
}
