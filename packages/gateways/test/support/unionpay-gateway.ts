import { X509Certificate, verify as verifySignature } from "node:crypto";
import { text } from "node:stream/consumers";

import type { GatewayServer } from "./gateway-server.ts";
import { type Fields, account, hexDigest, leafCert } from "./unionpay-notices.ts";

export type Asked = { readonly url: string; readonly fields: Readonly<Record<string, string>> };

/** The body of an answer as UnionPay writes it: nothing is escaped. */
export function answerText(fields: Fields): Buffer {
  const pairs = Object.entries(fields).flatMap(([name, value]) => [Buffer.from(`&${name}=`), Buffer.from(value)]);
  return Buffer.concat(pairs).subarray(1);
}

/** What stands in every answer. */
export const envelope = {
  accessType: "0",
  encoding: "UTF-8",
  merId: account.merId,
  respCode: "00",
  respMsg: "成功[0000000]",
  signMethod: "01",
  signPubKeyCert: leafCert.replaceAll("\n", "\r\n"),
  version: "5.1.0",
} as const satisfies Fields;

/** Answers each request by its service's name, such as `queryTrans`, and keeps what was asked. */
export function play(
  gateway: GatewayServer,
  answers: Readonly<Record<string, string | Buffer | undefined>>,
  status = 200,
): Asked[] {
  const heard: Asked[] = [];
  gateway.handle(async (request, response) => {
    const url = request.url ?? "";
    const fields = Object.fromEntries(new URLSearchParams(await text(request)));
    heard.push({ url, fields });
    const answer = answers[/\/(\w+)\.do$/.exec(url)?.[1] ?? ""];
    response.writeHead(answer === undefined ? 404 : status, { "content-type": "text/html;charset=UTF-8" });
    response.end(answer);
  });
  return heard;
}

/** UnionPay's own check of a request: the merchant's certificate is found by its number, and its key verifies. */
export function isSignedByMerchant(fields: Readonly<Record<string, string>>): boolean {
  const certificate = new X509Certificate(account.signCert);
  const digest = Buffer.from(hexDigest(fields));
  return (
    fields["certId"] === BigInt(`0x${certificate.serialNumber}`).toString(10) &&
    Object.values(fields).every((value) => value !== "") &&
    verifySignature("RSA-SHA256", digest, certificate.publicKey, Buffer.from(fields["signature"] ?? "", "base64"))
  );
}
