import { type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";

import type { AppEnv } from "./http/authentication.ts";
import { json, refusals } from "./http/responses.ts";
import { idParam } from "./schemas/text.ts";

const security = [{ bearer: [] }];
const { 401: unauthenticated, 404: notThere, 429: tooMany, 503: unavailable } = refusals;

const text = (description: string, type: string) => ({ description, content: { [type]: { schema: z.string() } } });
const acknowledgement = (description: string) => ({
  description: `${description} In the gateway's own form; this is the one of \`hmac\`.`,
  content: {
    "application/json": {
      schema: z.object({ code: z.enum(["SUCCESS", "FAIL"]), message: z.string().optional() }),
    },
  },
});

/** Routes whose bodies no schema of ours validates: streams, pages, and what gateways send. */
const plainRoutes: readonly RouteConfig[] = [
  {
    method: "get",
    path: "/orders/{id}/events",
    tags: ["Orders"],
    security,
    summary: "Server-sent events: how the order and its payments stand, then each change of their status.",
    request: { params: idParam, headers: z.object({ "last-event-id": z.string().optional() }) },
    responses: {
      200: text("A stream of `order` and `payment` events.", "text/event-stream"),
      401: unauthenticated,
      404: notThere,
      429: tooMany,
      503: unavailable,
    },
  },
  {
    method: "post",
    path: "/callbacks/{provider}",
    tags: ["Callbacks"],
    summary: "A gateway's notice, verified over its raw bytes.",
    request: {
      params: z.object({ provider: z.string() }),
      body: {
        required: true,
        content: {
          "application/json": { schema: z.record(z.string(), z.string()) },
          "application/x-www-form-urlencoded": { schema: z.record(z.string(), z.string()) },
        },
      },
    },
    responses: {
      200: acknowledgement("Recorded; it need not be sent again."),
      400: acknowledgement("It cannot be read."),
      401: acknowledgement("It is not the gateway's, or too old."),
      404: notThere,
      413: acknowledgement("Over 64 KiB."),
      415: acknowledgement("Not a type that the gateway sends."),
      429: acknowledgement("Too many refused ones from this address."),
      503: acknowledgement("It could not be recorded: send it again."),
    },
  },
  {
    method: "get",
    path: "/healthz",
    tags: ["Operations"],
    summary: "Whether the process answers.",
    responses: { 200: json(z.object({ status: z.literal("ok") }), "It does.") },
  },
  {
    method: "get",
    path: "/readyz",
    tags: ["Operations"],
    summary: "Whether the database and the queue can be reached.",
    responses: {
      200: json(z.object({ status: z.literal("ready") }), "They can."),
      503: json(
        z.object({
          status: z.literal("not_ready"),
          unreachable: z.array(z.enum(["database", "queue", "stopping"])),
        }),
        "`unreachable` names what cannot.",
      ),
    },
  },
  {
    method: "get",
    path: "/metrics",
    tags: ["Operations"],
    summary: "Measures in Prometheus's text format.",
    responses: { 200: text("The measures.", "text/plain") },
  },
  {
    method: "get",
    path: "/openapi.json",
    tags: ["Operations"],
    summary: "This description.",
    responses: { 200: json(z.record(z.string(), z.unknown()), "OpenAPI 3.1.") },
  },
  {
    method: "get",
    path: "/docs",
    tags: ["Operations"],
    summary: "A page to read this description with.",
    responses: { 200: text("The page.", "text/html") },
  },
];

/** Serves the OpenAPI description, made from the same schemas that validate. */
export function serveDescription(app: OpenAPIHono<AppEnv>): void {
  const { openAPIRegistry: registry } = app;
  registry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer", bearerFormat: "JWT" });
  registry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "zhanggui.session_token",
    description: "An operator's session, by POST /auth/sign-in; its writes need a page of the same origin.",
  });
  for (const route of plainRoutes) registry.registerPath(route);
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "Zhanggui",
      version: "0.1.0",
      description: "The payment lifecycle engine. Amounts are yuan text, times RFC 3339 UTC, ids opaque text.",
    },
  });
}
