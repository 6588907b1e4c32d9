import { isSignedBy, readFlatJson } from "@zhanggui/gateways";

import type { HmacAccount } from "./house.ts";

const freshnessSeconds = 300;
const unixSeconds = /^[0-9]{1,12}$/;

export type RequestReading =
  | { readonly ok: true; readonly fields: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly status: 400 | 401; readonly message: string };

/** Reads a merchant's call: flat JSON, signed by the account, made within the last minutes. */
export function readRequest(text: string, account: HmacAccount, now: Date): RequestReading {
  const fields = readFlatJson(text);
  if (fields === undefined) return { ok: false, status: 400, message: "the body must be flat JSON of text values" };
  if (!isSignedBy(fields, [account.secret, ...(account.previousSecrets ?? [])])) {
    return { ok: false, status: 401, message: "the signature is wrong" };
  }
  const timestamp = fields.get("timestamp") ?? "";
  if (!unixSeconds.test(timestamp) || !fields.get("nonce")) {
    return { ok: false, status: 400, message: "timestamp (unix seconds) and nonce are required" };
  }
  const ageSeconds = Math.abs(now.getTime() / 1000 - Number(timestamp));
  return ageSeconds <= freshnessSeconds
    ? { ok: true, fields }
    : { ok: false, status: 401, message: `the timestamp is over ${freshnessSeconds} s off` };
}
