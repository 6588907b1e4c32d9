import { SignJWT } from "jose";

/** Longer than any story. */
const lifetime = "10m";

export type Who = { readonly sub: string; readonly role: "customer" | "admin" };

/** A proof of who asks, signed with the key that the shop shares with the API. */
export function newToken(secret: string, { sub, role }: Who): Promise<string> {
  return new SignJWT({ role })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime(lifetime)
    .sign(new TextEncoder().encode(secret));
}
