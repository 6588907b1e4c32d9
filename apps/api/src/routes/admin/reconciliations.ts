import { createRoute, z } from "@hono/zod-openapi";
import { reconciliationDifferences, reconciliations } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";
import { requestReconciliation } from "@zhanggui/operations";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, jsonBody, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import { requiredReasonSchema } from "../../schemas/admin.ts";
import { limit, nextCursorOf, pageQuery } from "../../schemas/page.ts";
import {
  differenceSchema,
  reconciliationSchema,
  viewDifference,
  viewReconciliation,
} from "../../schemas/reconciliation.ts";
import { idParam, storableText } from "../../schemas/text.ts";
import { adminRoute } from "./route.ts";

const longestProvider = 100;
const oneReconciliation = z.object({ reconciliation: reconciliationSchema });

const listRoute = createRoute({
  ...adminRoute("Reconciliations", "Comparisons of gateways' statements with our book, newest first."),
  method: "get",
  path: "/",
  middleware: [requireRole("viewer")] as const,
  request: { query: z.object({ provider: storableText(longestProvider).optional(), ...pageQuery("rec") }) },
  responses: {
    200: json(
      z.object({ reconciliations: z.array(reconciliationSchema), nextCursor: z.string().nullable() }),
      "A page.",
    ),
    ...refusals,
  },
});

const readRoute = createRoute({
  ...adminRoute("Reconciliations", "One comparison, with a page of its differences."),
  method: "get",
  path: "/{id}",
  middleware: [requireRole("viewer")] as const,
  request: {
    params: idParam,
    query: z.object({
      limit,
      cursor: z
        .string()
        .regex(/^[0-9]{1,18}$/, "must be the nextCursor of this list")
        .optional(),
    }),
  },
  responses: {
    200: json(
      oneReconciliation.extend({ differences: z.array(differenceSchema), nextCursor: z.string().nullable() }),
      "The comparison.",
    ),
    ...refusals,
  },
});

const requestRoute = createRoute({
  ...adminRoute("Reconciliations", "Have a day reconciled by a worker: by its statement, or by asking (`query`)."),
  method: "post",
  path: "/",
  middleware: [requireRole("operator")] as const,
  request: {
    body: jsonBody(
      requiredReasonSchema
        .extend({
          provider: storableText(longestProvider),
          date: z.iso.date(),
          source: z.enum(["downloaded", "query"]).default("downloaded"),
        })
        .openapi("RequestReconciliation"),
    ),
  },
  responses: { 202: json(oneReconciliation, "Asked for."), ...refusals },
});

export function reconciliationRoutes({ engine }: Pick<Deps, "engine">) {
  return createRouter()
    .openapi(listRoute, async (c) => {
      const query = c.req.valid("query");
      const page = await reconciliations.page(engine.db, query);
      return c.json(
        { reconciliations: page.map(viewReconciliation), nextCursor: nextCursorOf(page, query.limit) },
        200,
      );
    })
    .openapi(readRoute, async (c) => {
      const { id } = c.req.valid("param");
      const query = c.req.valid("query");
      const run = await reconciliations.find(engine.db, id);
      if (run === undefined) throw new Fault("not_found", { reconciliationId: id });
      const page = await reconciliationDifferences.page(engine.db, id, { after: query.cursor, limit: query.limit });
      const differences = page.map(viewDifference);
      return c.json(
        { reconciliation: viewReconciliation(run), differences, nextCursor: nextCursorOf(page, query.limit) },
        200,
      );
    })
    .openapi(requestRoute, async (c) => {
      const asked = c.req.valid("json");
      const run = await requestReconciliation(engine, { ...asked, askedBy: c.get("caller").sub });
      return c.json({ reconciliation: viewReconciliation(run) }, 202);
    });
}
