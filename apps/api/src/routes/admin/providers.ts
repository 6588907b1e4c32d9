import { createRoute, z } from "@hono/zod-openapi";
import { payments, providerHealth } from "@zhanggui/db";
import { isCallable } from "@zhanggui/operations";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import { providerSchema } from "../../schemas/admin.ts";
import { viewProvider } from "../../views.ts";
import { adminRoute } from "./route.ts";

const listRoute = createRoute({
  ...adminRoute("Providers", "The gateways' accounts without their secrets, and how they are heard."),
  method: "get",
  path: "/",
  middleware: [requireRole("viewer")] as const,
  responses: { 200: json(z.object({ providers: z.array(providerSchema) }), "Every provider."), ...refusals },
});

export function providerRoutes({ engine }: Pick<Deps, "engine">) {
  return createRouter().openapi(listRoute, async (c) => {
    const [healths, open] = await Promise.all([providerHealth.all(engine.db), payments.countOpen(engine.db)]);
    const healthOf = new Map(healths.map((health) => [health.provider, health]));
    const providers = [...engine.providers].map(([id, { kind }]) =>
      viewProvider({ id, kind, callable: isCallable(engine, id), openAttempts: open.get(id) ?? 0 }, healthOf.get(id)),
    );
    return c.json({ providers }, 200);
  });
}
