import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";

import { ownPath } from "./own-path.ts";
import type { HouseDeps, Played } from "./vendors/play-accounts.ts";

const maximumBodyBytes = 65_536;

/** Every vendor's face at `/gateways/:provider`, which is the account's `baseUrl`. */
export function gatewayRoutes({ played, ...deps }: HouseDeps & { readonly played: Played }) {
  const gateways = new Hono().use(bodyLimit({ maxSize: maximumBodyBytes }), keepReturn);
  for (const [provider, { openRoutes }] of played) gateways.route(`/${provider}`, openRoutes(deps));
  return gateways.all("*", (c) => c.json({ code: "FAIL", message: "no such provider or call" }, 404));
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
