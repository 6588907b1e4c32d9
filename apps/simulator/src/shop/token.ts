import { sign } from "hono/jwt";

const lifetimeSeconds = 300;

export type Role = "customer" | "admin";

/** A short-lived proof of who asks, signed with the key that the shop shares with the API. */
export function newToken(
  secret: string,
  who: { readonly sub: string; readonly role: Role },
  now: Date,
): Promise<string> {
  const iat = Math.floor(now.getTime() / 1000);
  return sign({ ...who, iat, exp: iat + lifetimeSeconds }, secret, "HS256");
}
