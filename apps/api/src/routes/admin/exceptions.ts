import { createRoute, z } from "@hono/zod-openapi";
import { exceptions } from "@zhanggui/db";
import { exceptionStates } from "@zhanggui/domain";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import { exceptionSchema } from "../../schemas/admin.ts";
import { nextCursorOf, pageQuery } from "../../schemas/page.ts";
import { viewException } from "../../views.ts";
import { adminRoute } from "./route.ts";

const listRoute = createRoute({
  ...adminRoute("Exceptions", "Money that a person has to decide on, newest first."),
  method: "get",
  path: "/",
  middleware: [requireRole("viewer")] as const,
  request: { query: z.object({ state: z.enum(exceptionStates).optional(), ...pageQuery("exc") }) },
  responses: {
    200: json(z.object({ exceptions: z.array(exceptionSchema), nextCursor: z.string().nullable() }), "A page."),
    ...refusals,
  },
});

export function exceptionRoutes({ engine }: Pick<Deps, "engine">) {
  return createRouter().openapi(listRoute, async (c) => {
    const { state, cursor, limit } = c.req.valid("query");
    const page = await exceptions.page(engine.db, { state, cursor, limit });
    return c.json({ exceptions: page.map(viewException), nextCursor: nextCursorOf(page, limit) }, 200);
  });
}
