import { createRoute, z } from "@hono/zod-openapi";
import { audit } from "@zhanggui/db";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import { auditEntrySchema } from "../../schemas/admin.ts";
import { limit, nextCursorOf } from "../../schemas/page.ts";
import { storableText } from "../../schemas/text.ts";
import { viewAuditEntry } from "../../views.ts";
import { adminRoute } from "./route.ts";

const longestSearch = 200;

const listRoute = createRoute({
  ...adminRoute("Audit", "Who did what, newest first; `entity` is a kind such as `order`, or an id."),
  method: "get",
  path: "/",
  middleware: [requireRole("viewer")] as const,
  request: {
    query: z.object({
      entity: storableText(longestSearch).optional(),
      actor: storableText(longestSearch).optional(),
      limit,
      cursor: z
        .string()
        .regex(/^[0-9]{1,18}$/)
        .optional(),
    }),
  },
  responses: {
    200: json(z.object({ entries: z.array(auditEntrySchema), nextCursor: z.string().nullable() }), "A page."),
    ...refusals,
  },
});

export function auditRoutes({ engine }: Pick<Deps, "engine">) {
  return createRouter().openapi(listRoute, async (c) => {
    const query = c.req.valid("query");
    const page = await audit.page(engine.db, query);
    return c.json({ entries: page.map(viewAuditEntry), nextCursor: nextCursorOf(page, query.limit) }, 200);
  });
}
