import { Fault } from "@zhanggui/domain";
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";

import type { AppEnv } from "./authentication.ts";

export const maximumBodyBytes = 64 * 1024;

/** Refuses larger bodies before they are read, whether or not they say how large they are. */
export const limitBody: MiddlewareHandler<AppEnv> = bodyLimit({
  maxSize: maximumBodyBytes,
  onError: () => {
    throw new Fault("body_too_large");
  },
});

const writing: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);
const json = /^application\/json(?:\s*;|$)/i;

/** A body that is there must be JSON and must parse; what it must contain is the route's to say. */
export const requireJson: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (writing.has(c.req.method)) {
    const text = await c.req.text();
    if (text !== "") {
      if (!json.test(c.req.header("content-type") ?? "")) throw new Fault("unsupported_media_type");
      try {
        JSON.parse(text);
      } catch {
        throw new Fault("malformed_request", { why: "the body is not JSON" });
      }
      // The validator knows fewer ways of writing the same media type.
      c.req.raw.headers.set("content-type", "application/json");
    }
  }
  await next();
};
