import { createRoute, z } from "@hono/zod-openapi";
import { addOperator, changeOperator, resetPassword, viewOperator } from "@zhanggui/operators";
import { operators } from "@zhanggui/db";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, jsonBody, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import { requiredReasonSchema } from "../../schemas/admin.ts";
import {
  addOperatorSchema,
  changeOperatorSchema,
  operatorSchema,
  withOneTimePasswordSchema,
} from "../../schemas/operators.ts";
import { idParam } from "../../schemas/text.ts";
import { adminRoute } from "./route.ts";

const listRoute = createRoute({
  ...adminRoute("Operators", "Who signs in here."),
  method: "get",
  path: "/",
  middleware: [requireRole("admin")] as const,
  responses: {
    200: json(z.object({ operators: z.array(operatorSchema), nextCursor: z.null() }), "All of them."),
    ...refusals,
  },
});

const addRoute = createRoute({
  ...adminRoute("Operators", "Make an operator; the one-time password is told this once."),
  method: "post",
  path: "/",
  middleware: [requireRole("admin")] as const,
  request: { body: jsonBody(addOperatorSchema) },
  responses: { 201: json(withOneTimePasswordSchema, "The operator."), ...refusals },
});

const changeRoute = createRoute({
  ...adminRoute("Operators", "Give another role, disable (which signs out everywhere at once) or enable."),
  method: "post",
  path: "/{id}",
  middleware: [requireRole("admin")] as const,
  request: { params: idParam, body: jsonBody(changeOperatorSchema) },
  responses: { 200: json(operatorSchema, "The operator."), ...refusals },
});

const resetRoute = createRoute({
  ...adminRoute("Operators", "A new one-time password; signs out everywhere and takes the second factor away."),
  method: "post",
  path: "/{id}/reset-password",
  middleware: [requireRole("admin")] as const,
  request: { params: idParam, body: jsonBody(requiredReasonSchema) },
  responses: { 200: json(withOneTimePasswordSchema, "The operator."), ...refusals },
});

export function operatorRoutes({ engine: { db } }: Pick<Deps, "engine">) {
  return createRouter()
    .openapi(listRoute, async (c) =>
      c.json({ operators: (await operators.list(db)).map(viewOperator), nextCursor: null }, 200),
    )
    .openapi(addRoute, async (c) => {
      const made = await addOperator(db, { ...c.req.valid("json"), actor: c.get("caller").sub });
      c.header("Cache-Control", "no-store");
      return c.json(made, 201);
    })
    .openapi(changeRoute, async (c) => {
      const change = { ...c.req.valid("json"), actor: c.get("caller").sub };
      return c.json(await changeOperator(db, c.req.valid("param"), change), 200);
    })
    .openapi(resetRoute, async (c) => {
      const { reason } = c.req.valid("json");
      const made = await resetPassword(db, c.req.valid("param"), { reason, actor: c.get("caller").sub });
      c.header("Cache-Control", "no-store");
      return c.json(made, 200);
    });
}
