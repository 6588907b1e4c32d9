import { createHmac } from "node:crypto";

import { type Account, type CallbackRequest, type Clock, type Verification, verifyCallback } from "../../src/index.ts";

export type Fields = Readonly<Record<string, string>>;

export const secret = "k3y-of-the-tests-掌柜";
export const now = new Date("2026-11-22T08:00:00Z");
export const nowSeconds = now.getTime() / 1_000;
export const account: Account = { kind: "hmac", secret };
export const clock: Clock = { now, production: true };

export const success: Fields = {
  out_trade_no: "P20261122ABCDEFGH",
  transaction_id: "4200001234202611220000000001",
  amount: "39.80",
  status: "SUCCESS",
};

/** The contract's scheme once more, written from its words and from node:crypto alone. */
export function signOf(fields: Fields, key = secret): string {
  const names = Object.keys(fields).filter((name) => name !== "sign" && name !== "sign_type" && fields[name] !== "");
  // `sort` without an argument compares by UTF-16 code unit.
  names.sort();
  const text = names.map((name) => `${name}=${fields[name]}`).join("&");
  return createHmac("sha256", Buffer.from(key, "utf8")).update(Buffer.from(text, "utf8")).digest("hex");
}

export function signed(fields: Fields, key = secret): Fields {
  return { ...fields, sign: signOf(fields, key) };
}

export function json(fields: unknown): CallbackRequest {
  return request("application/json", typeof fields === "string" ? fields : JSON.stringify(fields));
}

export function form(fields: Fields | string): CallbackRequest {
  const text =
    typeof fields === "string"
      ? fields
      : Object.entries(fields)
          .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
          .join("&");
  return request("application/x-www-form-urlencoded", text);
}

export function request(contentType: string, body: string | Uint8Array): CallbackRequest {
  return {
    method: "POST",
    path: "/callbacks/till",
    headers: { "content-type": contentType },
    body: typeof body === "string" ? Buffer.from(body, "utf8") : body,
  };
}

export function verify(callback: CallbackRequest, as: Account = account, at: Clock = clock): Promise<Verification> {
  return verifyCallback(as, callback, at);
}

/** The refusal's reason, or what was read. */
export async function readingOf(callback: CallbackRequest, as: Account = account, at: Clock = clock) {
  const verification = await verify(callback, as, at);
  return verification.ok ? verification.notice : verification.reason;
}
