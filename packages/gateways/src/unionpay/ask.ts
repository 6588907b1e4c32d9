import { exchange } from "../exchange.ts";
import type { Outside } from "../gateway.ts";
import type { UnionpayAccount } from "./account.ts";
import { readAnswer } from "./answer.ts";
import { decodeForm } from "./form.ts";
import { type Fields, type Service, questionOf, signedRequest } from "./request.ts";
import { signerOf } from "./signature.ts";

export type Unknown = { readonly kind: "unknown"; readonly why: string };

/** What UnionPay said and signed. `code` speaks of the call alone, `why` is the code with UnionPay's own words. */
export type Answer =
  | {
      readonly kind: "answered";
      readonly code: string;
      readonly why: string;
      readonly fields: ReadonlyMap<string, string>;
    }
  | Unknown;

export function unknown(why: string): Unknown {
  return { kind: "unknown", why };
}

export const noKey = unknown("the merchant's key or certificate cannot be read");

/** One call about one order. An answer about another one counts as none: `orderId` and `txnTime` name an order. */
export async function ask(
  account: UnionpayAccount,
  outside: Outside,
  service: Service,
  words: Fields & { readonly orderId: string; readonly txnTime: string },
): Promise<Answer> {
  try {
    const request = signedRequest(account, words);
    if (request === undefined) return noKey;
    const heard = await exchange(outside, questionOf(account, service, request));
    if (heard.kind === "unknown") return heard;
    if (heard.status !== 200) return unknown(`UnionPay answered HTTP ${heard.status}`);

    const answer = believe(account, heard.body, outside.now());
    if (answer.kind === "unknown") return answer;
    const { fields } = answer;
    return fields.get("orderId") === words.orderId && fields.get("txnTime") === words.txnTime
      ? answer
      : unknown("the answer is about another order");
  } catch (error) {
    return unknown(String(error));
  }
}

/** Answers are signed as notices are; one without UnionPay's signature, or to another merchant, counts as none. */
export function believe(account: UnionpayAccount, body: Uint8Array, now: Date): Answer {
  const form = readAnswer(body);
  const fields = form && decodeForm(form);
  if (form === undefined || fields === undefined) return unknown("the answer is not a list of fields");
  if (signerOf(form, fields, { account, now }) === undefined) return unknown("the answer is not signed by UnionPay");
  if (fields.get("merId") !== account.merId) return unknown("the answer is to another merchant");
  const code = fields.get("respCode") ?? "without a code";
  return { kind: "answered", code, why: `UnionPay answered ${code} ${fields.get("respMsg") ?? ""}`.trimEnd(), fields };
}
