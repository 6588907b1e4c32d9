import { randomUUID } from "node:crypto";

import type { Histogram, Logger } from "@zhanggui/runtime";
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";

import type { AppEnv } from "./authentication.ts";

const plainId = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives each request an id (or takes the proxy's), writes one line about it and measures it. */
export function requestLog(
  log: Logger,
  durations: Histogram<"method" | "route" | "status">,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const given = c.req.header("x-request-id");
    const requestId = given !== undefined && plainId.test(given) ? given : randomUUID();
    const startedAt = performance.now();
    c.set("requestId", requestId);
    c.header("X-Request-Id", requestId);

    await next();

    const ms = performance.now() - startedAt;
    const status = c.res.status;
    const route = routePath(c, -1);
    durations.observe({ method: c.req.method, route, status: String(status) }, ms / 1000);
    const facts = { requestId, method: c.req.method, path: c.req.path, status, ms: Math.round(ms * 10) / 10 };
    const caller = c.get("caller") as AppEnv["Variables"]["caller"] | undefined;
    const line = caller === undefined ? facts : { ...facts, sub: caller.sub };
    if (status >= 500) log.error(line, "request");
    else if (route === "/healthz" || route === "/readyz" || route === "/metrics") log.debug(line, "request");
    else log.info(line, "request");
  };
}
