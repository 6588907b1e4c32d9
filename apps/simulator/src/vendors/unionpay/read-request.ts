import type { z } from "zod";

import type { RefusalCode } from "./answer-codes.ts";
import { readBeijingText } from "./beijing-time.ts";
import type { UnionpayHouse } from "./house.ts";
import { type Fields, isSignedBy } from "./signature.ts";

const maximumFields = 200;
const fieldName = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** The fields are there even where the request is refused, since its answer repeats some of them. */
export type RequestReading =
  | { readonly ok: true; readonly fields: Fields }
  | { readonly ok: false; readonly code: RefusalCode; readonly fields: Fields };

/** A merchant's request: a form in UTF-8, of this version, signed by the account's own certificate, in its own name. */
export function readRequest(body: string, { account }: UnionpayHouse): RequestReading {
  const pairs = [...new URLSearchParams(body)];
  const fields: Fields = Object.fromEntries(pairs);
  const isForm =
    pairs.length <= maximumFields &&
    pairs.length === Object.keys(fields).length &&
    pairs.every(([name]) => fieldName.test(name));
  if (!isForm) return { ok: false, code: "10", fields: {} };
  const isKnown = fields["version"] === "5.1.0" && fields["encoding"] === "UTF-8" && fields["signMethod"] === "01";
  if (!isKnown) return { ok: false, code: "10", fields };
  if (!isSignedBy(fields, account.signCert)) return { ok: false, code: "11", fields };
  if (fields["merId"] !== account.merId || fields["accessType"] !== "0") return { ok: false, code: "31", fields };
  return { ok: true, fields };
}

export type WordsReading<Words> =
  | { readonly ok: true; readonly words: Words }
  | { readonly ok: false; readonly code: RefusalCode; readonly why: string };

/** What a service needs of the fields: 13 where something is missing, 10 where it has another form. */
export function readWords<Words>(schema: z.ZodType<Words>, fields: Fields): WordsReading<Words> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return { ok: true, words: parsed.data };
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0] ?? "");
  return { ok: false, code: fields[name] === undefined ? "13" : "10", why: name };
}

const maximumAgeMs = 60 * 60 * 1000;

/** Whether an order was sent about now, by its own `txnTime`. */
export function isTimely(txnTime: string, now: Date): boolean {
  const at = readBeijingText(txnTime);
  return at !== undefined && Math.abs(now.getTime() - at.getTime()) <= maximumAgeMs;
}
