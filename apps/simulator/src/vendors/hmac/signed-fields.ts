import { randomUUID } from "node:crypto";

import { sign } from "@zhanggui/gateways";

export type Fields = Readonly<Record<string, string>>;

/** The fields with a fresh `timestamp` and `nonce`, signed by the `hmac` scheme: answers and notices alike. */
export function signFields(fields: Fields, secret: string, at: Date): Fields {
  const all = { ...fields, timestamp: String(Math.floor(at.getTime() / 1000)), nonce: randomUUID() };
  return { ...all, sign: sign(new Map(Object.entries(all)), secret) };
}
