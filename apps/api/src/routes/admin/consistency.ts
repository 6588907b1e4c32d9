import { createRoute, z } from "@hono/zod-openapi";
import { Fault } from "@zhanggui/domain";
import {
  type Checked,
  type KeptBreach,
  applyRepairs,
  findLaw,
  readConsistency,
  repairsAtOnce,
  runChecks,
} from "@zhanggui/operations";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, jsonBody, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import { reason, requiredReason } from "../../schemas/admin.ts";
import {
  type breachSchema,
  checkedLawSchema,
  consistencySchema,
  repairResultSchema,
} from "../../schemas/consistency.ts";
import { storableText } from "../../schemas/text.ts";
import { adminRoute } from "./route.ts";

const longestName = 100;

const readRoute = createRoute({
  ...adminRoute("Consistency", "How the last run of each law went, and the plan for each breach that is not mended."),
  method: "get",
  path: "/",
  middleware: [requireRole("viewer")] as const,
  responses: { 200: json(consistencySchema, "Every law."), ...refusals },
});

const checkRoute = createRoute({
  ...adminRoute(
    "Consistency",
    "Check every law against all rows now. A breach opens a case, and changes nothing else.",
  ),
  method: "post",
  path: "/check",
  middleware: [requireRole("operator")] as const,
  request: {
    body: {
      required: false,
      content: {
        "application/json": {
          schema: z.object({ law: storableText(longestName).optional(), reason }).openapi("CheckConsistency"),
        },
      },
    },
  },
  responses: { 200: json(z.object({ checks: z.array(checkedLawSchema) }), "Each law."), ...refusals },
});

const repairRoute = createRoute({
  ...adminRoute("Consistency", "Carry out plans as they were shown. One that went stale is refused."),
  method: "post",
  path: "/repair",
  middleware: [requireRole("admin")] as const,
  request: {
    body: jsonBody(
      z
        .object({ plans: z.array(storableText(longestName)).min(1).max(repairsAtOnce), reason: requiredReason })
        .openapi("RepairConsistency"),
    ),
  },
  responses: { 200: json(z.object({ results: z.array(repairResultSchema) }), "Each plan."), ...refusals },
});

export function consistencyRoutes({ engine }: Pick<Deps, "engine">) {
  /** A check of everything reads whole tables: two people who ask at once get the same one. */
  let running: Promise<readonly Checked[]> | undefined;
  const checkAll = async (): Promise<readonly Checked[]> => {
    running ??= runChecks(engine).finally(() => (running = undefined));
    return running;
  };
  return createRouter()
    .openapi(readRoute, async (c) => {
      const read = await readConsistency(engine);
      const checks = read.map(({ name, law, run, breaches }) => ({
        name,
        law,
        holds: run?.holds ?? null,
        says: run?.says ?? "it has not been checked yet",
        ranAt: run?.ran_at.toISOString() ?? null,
        fullAt: run?.full_at?.toISOString() ?? null,
        breaches: breaches.map(({ foundAt, appliedBy, ...breach }) => ({
          ...viewBreach({ ...breach, repairId: breach.id }),
          foundAt: foundAt.toISOString(),
          ...(appliedBy === null ? {} : { appliedBy }),
        })),
      }));
      return c.json({ checks }, 200);
    })
    .openapi(checkRoute, async (c) => {
      const { law: name } = c.req.valid("json");
      const law = name === undefined ? undefined : findLaw(name);
      if (name !== undefined && law === undefined) throw new Fault("invalid_input", { law: "there is no such law" });
      const checked = law === undefined ? await checkAll() : await runChecks(engine, { law });
      const checks = checked.map(({ ok, breaches, ...one }) => ({
        ...one,
        holds: ok,
        breaches: breaches.map(viewBreach),
      }));
      return c.json({ checks }, 200);
    })
    .openapi(repairRoute, async (c) => {
      const { plans, reason: why } = c.req.valid("json");
      const results = await applyRepairs(engine, { ids: plans, reason: why, actor: c.get("caller").sub });
      return c.json({ results: [...results] }, 200);
    });
}

type Told = Pick<KeptBreach, "repairId" | "key" | "orderId" | "exceptionId" | "accepted" | "plan"> & {
  readonly facts: unknown;
};

function viewBreach({
  repairId,
  key,
  orderId,
  exceptionId,
  accepted,
  facts,
  plan,
}: Told): z.infer<typeof breachSchema> {
  return {
    plan: repairId,
    key,
    ...(orderId === null ? {} : { orderId }),
    exceptionId,
    accepted,
    facts,
    explanation: plan.explanation,
    ...(plan.kind === "person"
      ? {}
      : {
          repair: {
            statements: plan.statements.map(viewStatement),
            diff: plan.diff.map((one) => ({ ...one })),
            undo: plan.undo.map(viewStatement),
            rings: plan.rings.map(({ what }) => what),
          },
        }),
  };
}

type Statement = Extract<KeptBreach["plan"], { kind: "mend" }>["statements"][number];

function viewStatement({ sql, parameters }: Statement) {
  return { sql, parameters: [...parameters] };
}
