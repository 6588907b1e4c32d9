import { createRoute, z } from "@hono/zod-openapi";
import { callbacks } from "@zhanggui/db";
import { Fault, callbackStates, retryableCallbackStates } from "@zhanggui/domain";
import { bulkRetryLimit, preflightCallback, retryCallback, retryCallbacks } from "@zhanggui/operations";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, jsonBody, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import { callbackSchema, callbackWithBytesSchema, reason } from "../../schemas/admin.ts";
import { nextCursorOf, pageQuery } from "../../schemas/page.ts";
import { idParam, storableText } from "../../schemas/text.ts";
import { viewCallback, viewCallbackWithBytes } from "../../views.ts";
import { adminRoute, reasonBody } from "./route.ts";

const listRoute = createRoute({
  ...adminRoute("Callbacks", "The inbox, newest first."),
  method: "get",
  path: "/",
  middleware: [requireRole("viewer")] as const,
  request: {
    query: z.object({
      state: z.enum(callbackStates).optional(),
      provider: storableText(64).optional(),
      outTradeNo: storableText(64).optional(),
      ...pageQuery("cb"),
    }),
  },
  responses: {
    200: json(z.object({ callbacks: z.array(callbackSchema), nextCursor: z.string().nullable() }), "A page."),
    ...refusals,
  },
});

const readRoute = createRoute({
  ...adminRoute("Callbacks", "One notice with its raw bytes."),
  method: "get",
  path: "/{id}",
  middleware: [requireRole("viewer")] as const,
  request: { params: idParam },
  responses: { 200: json(z.object({ callback: callbackWithBytesSchema }), "The notice."), ...refusals },
});

const preflightRoute = createRoute({
  ...adminRoute("Callbacks", "What a retry would do now; changes nothing."),
  method: "get",
  path: "/{id}/preflight",
  middleware: [requireRole("operator")] as const,
  request: { params: idParam },
  responses: {
    200: json(
      z.object({ retryable: z.boolean(), ruling: z.string(), summary: z.string() }).openapi("Preflight"),
      "What would happen.",
    ),
    ...refusals,
  },
});

const retryRoute = createRoute({
  ...adminRoute("Callbacks", "Send a failed or parked notice through settlement again."),
  method: "post",
  path: "/{id}/retry",
  middleware: [requireRole("operator")] as const,
  request: { params: idParam, body: reasonBody },
  responses: { 202: json(z.object({ callback: callbackSchema }), "On its way."), ...refusals },
});

const bulkRetryRoute = createRoute({
  ...adminRoute("Callbacks", `Retry all that the filter finds, at most ${bulkRetryLimit} a call.`),
  method: "post",
  path: "/retry",
  middleware: [requireRole("operator")] as const,
  request: {
    body: jsonBody(
      z
        .object({
          filter: z.object({
            state: z.enum(retryableCallbackStates).default("failed"),
            provider: storableText(64).optional(),
            outTradeNo: storableText(64).optional(),
          }),
          reason,
        })
        .openapi("RetryCallbacks"),
    ),
  },
  responses: {
    202: json(
      z.object({ retried: z.int(), limit: z.int() }),
      "How many were taken up; ask again when it is the limit.",
    ),
    ...refusals,
  },
});

export function adminCallbackRoutes({ engine }: Pick<Deps, "engine">) {
  const read = async (callbackId: string) => {
    const row = await callbacks.find(engine.db, callbackId);
    if (row === undefined) throw new Fault("callback_not_found", { callbackId });
    return row;
  };
  return createRouter()
    .openapi(listRoute, async (c) => {
      const query = c.req.valid("query");
      const page = await callbacks.page(engine.db, query);
      return c.json({ callbacks: page.map(viewCallback), nextCursor: nextCursorOf(page, query.limit) }, 200);
    })
    .openapi(readRoute, async (c) =>
      c.json({ callback: viewCallbackWithBytes(await read(c.req.valid("param").id)) }, 200),
    )
    .openapi(preflightRoute, async (c) => c.json(await preflightCallback(engine, c.req.valid("param").id), 200))
    .openapi(retryRoute, async (c) => {
      const { id } = c.req.valid("param");
      await retryCallback(engine, id, { actor: c.get("caller").sub, reason: c.req.valid("json").reason });
      return c.json({ callback: viewCallback(await read(id)) }, 202);
    })
    .openapi(bulkRetryRoute, async (c) => {
      const { filter, reason: why } = c.req.valid("json");
      const retried = await retryCallbacks(engine, filter, { actor: c.get("caller").sub, reason: why });
      return c.json({ retried, limit: bulkRetryLimit }, 202);
    });
}
