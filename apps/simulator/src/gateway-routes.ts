import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";

import type { Armed } from "./calls/armed.ts";
import { misbehave } from "./calls/misbehave.ts";
import { ownPath } from "./own-path.ts";
import type { HouseDeps, Played } from "./vendors/play-accounts.ts";

const maximumBodyBytes = 65_536;

export type GatewayDeps = HouseDeps & { readonly played: Played; readonly armed: Armed };

/** Every vendor's face at `/gateways/:provider`, which is the account's `baseUrl`. */
export function gatewayRoutes({ played, armed, ...deps }: GatewayDeps) {
  const gateways = new Hono().use(bodyLimit({ maxSize: maximumBodyBytes }), keepReturn);
  for (const [provider, { openRoutes }] of played) {
    const routes = openRoutes(deps);
    gateways.use(`/${provider}/*`, misbehave(armed, provider, routes)).route(`/${provider}`, routes);
  }
  return gateways.all("*", (c) => c.json({ code: "FAIL", message: "no such provider or call" }, 404));
}

/**
 * The same at the root of the host, for official clients that know a host and no base path: whose account it is, its
 * vendor tells by the call itself. Anything else is left to whatever comes next.
 */
export function rootCalls(played: Played, gateways: Hono) {
  return createMiddleware(async (c, next) => {
    const [provider] = [...played].find(([, { isMeantAtRoot }]) => isMeantAtRoot?.(c.req.raw)) ?? [];
    if (provider === undefined) return next();
    const here = new URL(c.req.url);
    return gateways.fetch(new Request(new URL(`/${provider}${here.pathname}${here.search}`, here), c.req.raw), c.env);
  });
}

/** A browser that a form of the shop sent here with `?return=` takes the way back along to the cashier. */
const keepReturn = createMiddleware(async (c, next) => {
  await next();
  const here = new URL(c.req.url);
  const [returnPath, cashier] = [ownPath(c.req.query("return"), here), ownPath(c.res.headers.get("location"), here)];
  if (returnPath === undefined || !cashier?.startsWith("/cashier/")) return;
  const target = new URL(cashier, here);
  target.searchParams.set("return", returnPath);
  c.res.headers.set("location", `${target.pathname}${target.search}`);
});
