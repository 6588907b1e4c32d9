import { setTimeout as sleep } from "node:timers/promises";

import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";

import type { Armed } from "./armed.ts";
import type { Misbehaviour } from "./misbehaviour.ts";
import { type Underway, underway } from "./note-call.ts";

/** A merchant waits 5 s for an answer. */
const stallMs = 6_000;

type Environment = { readonly Bindings: Partial<HttpBindings> };

/**
 * Has a provider's calls go wrong as they were armed, whatever the vendor: the desk tells which call a request was.
 * `routes` are the vendor's, as they are mounted at `/<provider>`.
 */
export function misbehave(armed: Armed, provider: string, routes: Hono) {
  return createMiddleware<Environment>(async (c, next) => {
    if (armed.isQuiet()) return next();
    const again = c.req.raw.clone();
    const request: Underway = { armed, isBlind: false, noted: undefined, how: "normal" };
    await underway.run(request, next);

    const how = howOf(request);
    if (how === "stall") await sleep(stallMs, undefined, { ref: false });
    else if (how === "lose") replace(c, hangUp(c.env));
    else if (how === "error") replace(c, c.text("the gateway is out of order", 503));
    else if (how === "not_found" && !isDeed(request)) {
      const mounted = new Hono<Environment>().route(prefixOf(c.req.path, provider), routes);
      const blind: Underway = { ...request, isBlind: true };
      replace(c, await underway.run(blind, async () => mounted.fetch(again, c.env)));
    }
  });
}

/** A call that does something was asked when it began; a look-up is only known for one at its end. */
function howOf(request: Underway): Misbehaviour {
  const { noted, armed } = request;
  return noted?.call === "query" || noted?.call === "refund_query" ? armed.take(noted, noted.call) : request.how;
}

function isDeed({ noted }: Underway): boolean {
  return noted?.call === "close" || noted?.call === "refund" || noted?.call === "pay";
}

/** Up to the provider's id; its own address is a call of some vendors. */
function prefixOf(path: string, provider: string): string {
  const parts = path.split("/");
  return parts.slice(0, parts.indexOf(provider) + 1).join("/");
}

/** Cuts the connection: the merchant never hears what became of its call. */
function hangUp(env: Partial<HttpBindings> | undefined): Response {
  env?.incoming?.socket.destroy();
  return new Response(null, RESPONSE_ALREADY_SENT);
}

/** Setting a response over another one would keep the headers of the first, its signature among them. */
function replace(c: Context<Environment>, response: Response): void {
  c.res = undefined;
  c.res = response;
}
