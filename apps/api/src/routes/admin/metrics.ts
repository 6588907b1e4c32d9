import { createRoute, z } from "@hono/zod-openapi";
import { statistics } from "@zhanggui/db";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { InputFault } from "../../http/problem.ts";
import { json, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import { adminRoute } from "./route.ts";

const defaultWindowMs = 24 * 60 * 60 * 1000;
const longestWindowMs = 366 * defaultWindowMs;

const rate = z.number().min(0).max(1).nullable();
const time = z.iso.datetime({ offset: true });

const summaryRoute = createRoute({
  ...adminRoute("Metrics", "The specification's rates over a window; the last day unless told."),
  method: "get",
  path: "/",
  middleware: [requireRole("viewer")] as const,
  request: { query: z.object({ from: time.optional(), to: time.optional() }) },
  responses: {
    200: json(
      z
        .object({
          from: time,
          to: time,
          paymentSuccessRate: rate,
          paymentTimeoutRate: rate,
          callbackSuccessRate: rate,
          exceptions: z.record(z.string(), z.int()),
          ordersByStatus: z.record(z.string(), z.int()),
          series: z.array(
            z.object({
              at: time,
              ordersCreated: z.int(),
              ordersPaid: z.int(),
              ordersCancelled: z.int(),
              callbacksReceived: z.int(),
              callbacksSettled: z.int(),
            }),
          ),
        })
        .openapi("MetricsSummary"),
      "The window's numbers; a rate is null where there is nothing to divide by.",
    ),
    ...refusals,
  },
});

export function metricsRoutes({ engine }: Pick<Deps, "engine">) {
  const { db, outside } = engine;
  return createRouter().openapi(summaryRoute, async (c) => {
    const window = windowOf(c.req.valid("query"), outside.now());
    const [rates, exceptions, ordersByStatus, series] = await Promise.all([
      statistics.rates(db, window),
      statistics.exceptionsByKind(db, window),
      statistics.ordersByStatus(db, window),
      statistics.series(db, window),
    ]);
    return c.json(
      {
        from: window.from.toISOString(),
        to: window.to.toISOString(),
        ...rates,
        exceptions,
        ordersByStatus,
        series: series.map(({ at, ...counts }) => ({ at: at.toISOString(), ...counts })),
      },
      200,
    );
  });
}

function windowOf(
  query: { readonly from?: string | undefined; readonly to?: string | undefined },
  now: Date,
): statistics.Window {
  const to = query.to === undefined ? now : new Date(query.to);
  const from = query.from === undefined ? new Date(to.getTime() - defaultWindowMs) : new Date(query.from);
  const length = to.getTime() - from.getTime();
  if (length <= 0) throw new InputFault([{ path: "from", message: "must be before `to`" }]);
  if (length > longestWindowMs) throw new InputFault([{ path: "from", message: "the window is at most 366 days" }]);
  return { from, to };
}
