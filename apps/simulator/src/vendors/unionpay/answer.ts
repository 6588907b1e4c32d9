import { type AnswerCode, answerTexts } from "./answer-codes.ts";
import type { UnionpayHouse } from "./house.ts";
import { type Fields, signFields } from "./signature.ts";

/** What a service says: its code speaks of the request alone. */
export type Reply = { readonly code: AnswerCode; readonly fields?: Fields };

/** A service behind the merchant's server. Takes fields whose signature is good. */
export type Service = (house: UnionpayHouse, fields: Fields) => Reply | Promise<Reply>;

/** What an answer repeats of its request. */
const repeated = [
  "bizType",
  "fileType",
  "orderId",
  "origQryId",
  "reqReserved",
  "settleDate",
  "txnAmt",
  "txnSubType",
  "txnTime",
  "txnType",
] as const;

/** Signed, in UnionPay's own writing: `name=value` joined with `&`, and nothing escaped. */
export function writeAnswer({ account, keys }: UnionpayHouse, asked: Fields, reply: Reply): string {
  const echo = repeated.flatMap((name) => (asked[name] === undefined ? [] : [[name, asked[name]] as const]));
  const fields: Fields = {
    accessType: "0",
    encoding: "UTF-8",
    merId: account.merId,
    version: "5.1.0",
    ...Object.fromEntries(echo),
    respCode: reply.code,
    respMsg: answerTexts[reply.code],
    ...reply.fields,
  };
  return Object.entries(signFields(fields, keys))
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}
