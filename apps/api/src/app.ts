import { Fault } from "@zhanggui/domain";
import { secureHeaders } from "hono/secure-headers";

import type { Deps } from "./deps.ts";
import { requireCaller, requireRole } from "./http/authentication.ts";
import { limitBody, requireJson } from "./http/body.ts";
import { answerProblem, faultOf, statusOf } from "./http/problem.ts";
import { createRateLimits } from "./http/rate-limit.ts";
import { requestLog } from "./http/request-log.ts";
import { createRouter } from "./http/router.ts";
import { registerMetrics } from "./metrics.ts";
import { serveDescription } from "./openapi.ts";
import { alertRoutes } from "./routes/admin/alerts.ts";
import { auditRoutes } from "./routes/admin/audit.ts";
import { boardPath, boardRoutes } from "./routes/admin/board.ts";
import { adminCallbackRoutes } from "./routes/admin/callbacks.ts";
import { consistencyRoutes } from "./routes/admin/consistency.ts";
import { exceptionRoutes } from "./routes/admin/exceptions.ts";
import { jobRoutes } from "./routes/admin/jobs.ts";
import { metricsRoutes } from "./routes/admin/metrics.ts";
import { operatorRoutes } from "./routes/admin/operators.ts";
import { adminOrderRoutes } from "./routes/admin/orders.ts";
import { productRoutes } from "./routes/admin/products.ts";
import { providerRoutes } from "./routes/admin/providers.ts";
import { reconciliationRoutes } from "./routes/admin/reconciliations.ts";
import { signInPage } from "./routes/admin/sign-in.ts";
import { authRoutes } from "./routes/auth.ts";
import { callbackRoutes } from "./routes/callbacks.ts";
import { dashboardRoutes } from "./routes/dashboard.ts";
import { docsRoutes } from "./routes/docs.ts";
import { eventRoutes } from "./routes/events.ts";
import { healthRoutes } from "./routes/health.ts";
import { orderRoutes } from "./routes/orders.ts";
import { paymentRoutes } from "./routes/payments.ts";

/** Pages load only what this process serves; the board's and the docs' own styles are inline. */
const policy = {
  defaultSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", "data:"],
  objectSrc: ["'none'"],
  frameAncestors: ["'none'"],
  baseUri: ["'self'"],
  formAction: ["'self'"],
};

/** The whole HTTP side. It verifies, records, rings and answers; what is true is decided by operations. */
export function buildApp(deps: Deps) {
  const { engine, producer, log, metrics, authenticate, sessions } = deps;
  const { durations, received } = registerMetrics(metrics, engine, producer);
  const limits = createRateLimits();
  const caller = requireCaller({ authenticate, sessions, publicUrl: engine.publicUrl });

  const app = createRouter();
  app.use(requestLog(log, durations));
  app.route("/dashboard", dashboardRoutes(deps));
  app.use(secureHeaders({ contentSecurityPolicy: policy }));
  app.onError(async (error, c) => {
    const fault = faultOf(error) ?? new Fault("internal_error");
    if (fault.code === "internal_error") log.error({ err: error, requestId: c.get("requestId") }, "bug");
    if (statusOf[fault.code] !== 401) return answerProblem(c, fault);
    try {
      await limits.countRefusal(c);
      return answerProblem(c, fault);
    } catch (tooMany) {
      return answerProblem(c, faultOf(tooMany) ?? fault);
    }
  });
  app.notFound((c) => answerProblem(c, new Fault("not_found", { path: c.req.path })));

  // `/orders/*` is `/orders` too: naming both would read a body twice.
  for (const path of ["/orders/*", "/payments/*"]) app.use(path, limitBody, caller, limits.perCaller, requireJson);
  app.route("/admin", signInPage());
  app.use("/auth/*", limitBody, requireJson);
  app.use("/admin/*", limitBody, caller, requireRole("viewer"), limits.perCaller, requireJson);

  const routes = app
    .route("/orders", orderRoutes(deps))
    .route("/orders", eventRoutes(deps))
    .route("/payments", paymentRoutes(deps))
    .route("/callbacks", callbackRoutes({ ...deps, limits, received }))
    .route("/auth", authRoutes({ ...deps, limits }))
    .route("/admin/operators", operatorRoutes(deps))
    .route("/admin/products", productRoutes(deps))
    .route("/admin/orders", adminOrderRoutes(deps))
    .route("/admin/callbacks", adminCallbackRoutes(deps))
    .route("/admin/jobs", jobRoutes(deps))
    .route("/admin/exceptions", exceptionRoutes(deps))
    .route("/admin/consistency", consistencyRoutes(deps))
    .route("/admin/providers", providerRoutes(deps))
    .route("/admin/reconciliations", reconciliationRoutes(deps))
    .route("/admin/alerts", alertRoutes(deps))
    .route("/admin/audit", auditRoutes(deps))
    .route("/admin/metrics", metricsRoutes(deps))
    .route(boardPath, boardRoutes(deps))
    .route("/docs", docsRoutes())
    .route("/", healthRoutes(deps));
  routes.get("/metrics", async (c) => c.body(await metrics.metrics(), 200, { "content-type": metrics.contentType }));
  serveDescription(app);
  return routes;
}

/** For typed clients. */
export type Api = ReturnType<typeof buildApp>;
