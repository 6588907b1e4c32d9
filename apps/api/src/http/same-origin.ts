import { Fault } from "@zhanggui/domain";
import type { Context } from "hono";

/** Whether the request says of itself that it changes nothing. */
export function isReading(c: Context): boolean {
  return c.req.method === "GET" || c.req.method === "HEAD";
}

/**
 * Requires proof that a page of ours made the request: a browser sends its cookies along with other sites' requests too.
 * `Sec-Fetch-Site` is the browser's own word and cannot be set by a page; without it, as on plain http, `Origin` is.
 */
export function requireSameOrigin(c: Context, publicUrl: string): void {
  if (originOf(c, publicUrl) !== "ours") throw new Fault("forbidden", { why: "the request comes from another site" });
}

/** As `requireSameOrigin`, but lets pass what no browser sent: nothing speaks for it yet that could be abused. */
export function refuseOtherOrigin(c: Context, publicUrl: string): void {
  if (originOf(c, publicUrl) === "other") throw new Fault("forbidden", { why: "the request comes from another site" });
}

function originOf(c: Context, publicUrl: string): "ours" | "other" | "unsaid" {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin" ? "ours" : "other";
  const origin = c.req.header("origin");
  if (origin === undefined) return "unsaid";
  return origin === new URL(publicUrl).origin || origin === new URL(c.req.url).origin ? "ours" : "other";
}
