import { randomUUID } from "node:crypto";

import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";

const cookieName = "demo_customer";
const customerId = /^demo-[0-9a-f-]{36}$/;
const lifetimeSeconds = 31_536_000;

/** The visitor's demo customer id. It is unguessable and the only key to their orders, so scripts cannot read it. */
export function customerOf(c: Context): string {
  const known = getCookie(c, cookieName) ?? "";
  if (customerId.test(known)) return known;
  const fresh = `demo-${randomUUID()}`;
  setCookie(c, cookieName, fresh, { httpOnly: true, sameSite: "Lax", path: "/shop", maxAge: lifetimeSeconds });
  return fresh;
}
