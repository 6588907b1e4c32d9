import { SignJWT } from "jose";

export const jwtSecret = "a secret of the tests, longer than 32 bytes";
const key = new TextEncoder().encode(jwtSecret);

export type Claims = { readonly sub?: string; readonly role?: string; readonly exp?: number; readonly nbf?: number };

export function tokenOf(claims: Claims, signingKey: Uint8Array = key): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: "HS256" }).sign(signingKey);
}

export const customer = await tokenOf({ sub: "customer-1", role: "customer" });
export const stranger = await tokenOf({ sub: "customer-2", role: "customer" });
export const viewer = await tokenOf({ sub: "viewer-1", role: "viewer" });
export const operator = await tokenOf({ sub: "operator-1", role: "operator" });
export const admin = await tokenOf({ sub: "admin-1", role: "admin" });
