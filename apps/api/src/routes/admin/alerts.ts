import { createRoute, z } from "@hono/zod-openapi";
import { alertMessages, alerts } from "@zhanggui/db";
import { alertStates } from "@zhanggui/domain";
import { acknowledgeAlert } from "@zhanggui/operations";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, jsonBody, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import { alertSchema, requiredReasonSchema } from "../../schemas/admin.ts";
import { limit } from "../../schemas/page.ts";
import { storableText } from "../../schemas/text.ts";
import { viewAlert } from "../../views.ts";
import { adminRoute } from "./route.ts";

const longestKey = 200;
/** The newest messages that are shown with an alert. */
const messagesEach = 5;

const listRoute = createRoute({
  ...adminRoute("Alerts", "What people were told of, with the last messages. Those that fire come first."),
  method: "get",
  path: "/",
  middleware: [requireRole("viewer")] as const,
  request: { query: z.object({ state: z.enum(alertStates).optional(), limit }) },
  responses: { 200: json(z.object({ alerts: z.array(alertSchema) }), "At most `limit` of them."), ...refusals },
});

const acknowledgeRoute = createRoute({
  ...adminRoute("Alerts", "Say that you look after it: it is not repeated. More of it, and its end, are still told."),
  method: "post",
  path: "/{key}/acknowledge",
  middleware: [requireRole("operator")] as const,
  request: { params: z.object({ key: storableText(longestKey) }), body: jsonBody(requiredReasonSchema) },
  responses: { 200: json(z.object({ alert: alertSchema }), "Acknowledged."), ...refusals },
});

export function alertRoutes({ engine }: Pick<Deps, "engine">) {
  return createRouter()
    .openapi(listRoute, async (c) => {
      const page = await alerts.page(engine.db, c.req.valid("query"));
      const keys = page.map(({ key }) => key);
      const messages = await alertMessages.ofAlerts(engine.db, keys, messagesEach);
      const views = page.map((alert) =>
        viewAlert(
          alert,
          messages.filter(({ alert_key }) => alert_key === alert.key),
        ),
      );
      return c.json({ alerts: views }, 200);
    })
    .openapi(acknowledgeRoute, async (c) => {
      const { key } = c.req.valid("param");
      const alert = await acknowledgeAlert(engine, { key, ...c.req.valid("json"), by: c.get("caller") });
      return c.json({ alert: viewAlert(alert, await alertMessages.ofAlerts(engine.db, [key], messagesEach)) }, 200);
    });
}
