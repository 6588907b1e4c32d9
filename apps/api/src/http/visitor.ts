import { getConnInfo } from "@hono/node-server/conninfo";
import type { Visitor } from "@zhanggui/operators/sign-in";
import type { Context } from "hono";

/** The browser behind a request, for its session. */
export function visitorOf(c: Context): Visitor {
  return { cookie: c.req.header("cookie"), userAgent: c.req.header("user-agent"), address: addressOf(c) };
}

/** Requests made inside a test have no socket; they share one address. */
export function addressOf(c: Context): string {
  const env: unknown = c.env;
  const hasSocket = typeof env === "object" && env !== null && "incoming" in env;
  return hasSocket ? (getConnInfo(c).remote.address ?? "unknown") : "inside";
}

export function setCookies(c: Context, cookies: readonly string[]): void {
  for (const cookie of cookies) c.header("set-cookie", cookie, { append: true });
}
