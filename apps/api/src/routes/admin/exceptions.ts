import { createRoute, z } from "@hono/zod-openapi";
import { exceptions } from "@zhanggui/db";
import { Fault, exceptionKinds, exceptionStates } from "@zhanggui/domain";
import { assignException, resolveException, viewCases, withdrawProposal } from "@zhanggui/operations";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, jsonBody, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import {
  assignExceptionSchema,
  exceptionSchema,
  requiredReasonSchema,
  resolveExceptionSchema,
} from "../../schemas/admin.ts";
import { nextCursorOf, pageQuery } from "../../schemas/page.ts";
import { idParam, storableText } from "../../schemas/text.ts";
import { adminRoute } from "./route.ts";

const longestOwner = 200;
const oneException = z.object({ exception: exceptionSchema });

const listRoute = createRoute({
  ...adminRoute("Exceptions", "Money that a person has to decide on, newest first."),
  method: "get",
  path: "/",
  middleware: [requireRole("viewer")] as const,
  request: {
    query: z.object({
      state: z.enum(exceptionStates).optional(),
      kind: z.enum(exceptionKinds).optional(),
      owner: storableText(longestOwner).optional(),
      ...pageQuery("exc"),
    }),
  },
  responses: {
    200: json(z.object({ exceptions: z.array(exceptionSchema), nextCursor: z.string().nullable() }), "A page."),
    ...refusals,
  },
});

const readRoute = createRoute({
  ...adminRoute("Exceptions", "One case, with what may be done about it at this moment and what that would do."),
  method: "get",
  path: "/{id}",
  middleware: [requireRole("viewer")] as const,
  request: { params: idParam },
  responses: { 200: json(oneException, "The case."), ...refusals },
});

const resolveRoute = createRoute({
  ...adminRoute("Exceptions", "Close a case. Above SECOND_PERSON_LIMIT somebody else has to ask for the same."),
  method: "post",
  path: "/{id}/resolve",
  middleware: [requireRole("operator")] as const,
  request: { params: idParam, body: jsonBody(resolveExceptionSchema) },
  responses: {
    200: json(oneException, "Resolved."),
    202: json(oneException, "Proposed: a second person has to confirm it."),
    ...refusals,
  },
});

const withdrawRoute = createRoute({
  ...adminRoute("Exceptions", "Take back what waits for a second person."),
  method: "post",
  path: "/{id}/withdraw",
  middleware: [requireRole("operator")] as const,
  request: { params: idParam, body: jsonBody(requiredReasonSchema) },
  responses: { 200: json(oneException, "Open as before."), ...refusals },
});

const assignRoute = createRoute({
  ...adminRoute("Exceptions", "Give a case to a person, or with `null` back to nobody."),
  method: "post",
  path: "/{id}/assign",
  middleware: [requireRole("operator")] as const,
  request: { params: idParam, body: jsonBody(assignExceptionSchema) },
  responses: { 200: json(oneException, "Assigned."), ...refusals },
});

export function exceptionRoutes({ engine }: Pick<Deps, "engine">) {
  return createRouter()
    .openapi(listRoute, async (c) => {
      const query = c.req.valid("query");
      const page = await exceptions.page(engine.db, query);
      return c.json({ exceptions: await viewCases(engine, page), nextCursor: nextCursorOf(page, query.limit) }, 200);
    })
    .openapi(readRoute, async (c) => {
      const { id } = c.req.valid("param");
      const found = await exceptions.find(engine.db, id);
      const [exception] = found === undefined ? [] : await viewCases(engine, [found]);
      if (exception === undefined) throw new Fault("exception_not_found", { exceptionId: id });
      return c.json({ exception }, 200);
    })
    .openapi(resolveRoute, async (c) => {
      const { id: exceptionId } = c.req.valid("param");
      const { kind, exception } = await resolveException(engine, {
        exceptionId,
        ...c.req.valid("json"),
        by: c.get("caller"),
      });
      return c.json({ exception }, kind === "resolved" ? 200 : 202);
    })
    .openapi(withdrawRoute, async (c) => {
      const { id: exceptionId } = c.req.valid("param");
      const { reason } = c.req.valid("json");
      const exception = await withdrawProposal(engine, { exceptionId, reason, by: c.get("caller") });
      return c.json({ exception }, 200);
    })
    .openapi(assignRoute, async (c) => {
      const { id: exceptionId } = c.req.valid("param");
      const { owner, reason } = c.req.valid("json");
      const exception = await assignException(engine, { exceptionId, owner, reason, by: c.get("caller") });
      return c.json({ exception }, 200);
    });
}
