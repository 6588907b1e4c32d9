import { createRoute, z } from "@hono/zod-openapi";
import { Fault } from "@zhanggui/domain";
import { auditJobRetry } from "@zhanggui/operations";
import { findJob, jobStates, listJobs, queueNames, retryJob } from "@zhanggui/queue";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import { jobSchema } from "../../schemas/admin.ts";
import { limit } from "../../schemas/page.ts";
import { storableText } from "../../schemas/text.ts";
import { viewJob } from "../../views.ts";
import { adminRoute, reasonBody } from "./route.ts";

const deepestOffset = 10_000;
const longestJobId = 200;

const listRoute = createRoute({
  ...adminRoute("Jobs", "The queue's jobs. The cursor is an offset: jobs move while one looks."),
  method: "get",
  path: "/",
  middleware: [requireRole("viewer")] as const,
  request: {
    query: z.object({
      queue: z.enum(queueNames).optional(),
      state: z.enum(jobStates).optional(),
      limit,
      cursor: z
        .string()
        .regex(/^[0-9]{1,5}$/, "must be the nextCursor of this list")
        .transform(Number)
        .pipe(z.int().max(deepestOffset))
        .optional()
        .openapi({ type: "string" }),
    }),
  },
  responses: {
    200: json(z.object({ jobs: z.array(jobSchema), nextCursor: z.string().nullable() }), "A page."),
    ...refusals,
  },
});

const retryRoute = createRoute({
  ...adminRoute("Jobs", "Take up a failed job again, with all its tries."),
  method: "post",
  path: "/{queue}/{id}/retry",
  middleware: [requireRole("operator")] as const,
  request: {
    params: z.object({ queue: z.enum(queueNames), id: storableText(longestJobId) }),
    body: reasonBody,
  },
  responses: { 202: json(z.object({ job: jobSchema }), "On its way."), ...refusals },
});

/** Data of a settlement job. */
const settles = z.object({ callbackId: z.string() });

export function jobRoutes({ engine, producer }: Pick<Deps, "engine" | "producer">) {
  const reached = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      engine.log.warn({ err: error }, "the queue cannot be looked into");
      throw new Fault("queue_unavailable");
    }
  };
  return createRouter()
    .openapi(listRoute, async (c) => {
      const { queue, state, limit: size, cursor: offset = 0 } = c.req.valid("query");
      const page = await reached(listJobs(producer, { queue, state, offset, limit: size }));
      const nextCursor = page.length === size && offset + size <= deepestOffset ? String(offset + size) : null;
      return c.json({ jobs: page.map(viewJob), nextCursor }, 200);
    })
    .openapi(retryRoute, async (c) => {
      const { queue, id } = c.req.valid("param");
      const job = await reached(findJob(producer, queue, id));
      if (job === undefined) throw new Fault("job_not_found", { queue, jobId: id });
      if (job.state !== "failed") throw new Fault("not_retryable", { queue, jobId: id, state: job.state });

      await auditJobRetry(engine, {
        queue,
        jobId: id,
        callbackId: settles.safeParse(job.data).data?.callbackId,
        actor: c.get("caller").sub,
        reason: c.req.valid("json").reason,
      });
      const answer = await reached(retryJob(producer, queue, id));
      if (answer !== "retried") throw new Fault("not_retryable", { queue, jobId: id, state: answer });
      return c.json({ job: viewJob({ ...job, state: "waiting" }) }, 202);
    });
}
