import type { Logger } from "@zhanggui/runtime";
import { Hono } from "hono";
import { csrf } from "hono/csrf";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";

import type { Book } from "./book/book.ts";
import type { Armed } from "./calls/armed.ts";
import { cashierRoutes } from "./cashier-routes.ts";
import { controlRoutes } from "./control-routes.ts";
import type { RefundDesk } from "./desk/refund-desk.ts";
import { gatewayRoutes, rootCalls } from "./gateway-routes.ts";
import type { Courier } from "./notices/courier.ts";
import { detectLanguage, readingOf } from "./pages/language.ts";
import { messagePage } from "./pages/layout.ts";
import type { Scripts } from "./scripts/read-scripts.ts";
import type { Runs } from "./scripts/runs.ts";
import { shopRoutes } from "./shop/routes.ts";
import { staticFiles } from "./static-files.ts";
import type { Played } from "./vendors/play-accounts.ts";

export type SimulatorDeps = {
  readonly played: Played;
  readonly book: Book;
  readonly courier: Courier;
  readonly refundDesk: RefundDesk;
  readonly armed: Armed;
  readonly scripts: Scripts;
  readonly runs: Runs;
  readonly apiUrl: string;
  /** The shop's own key to the API; without it the shop stays closed. */
  readonly jwtSecret: string | undefined;
  readonly logger: Logger;
  readonly now: () => Date;
};

const headers = secureHeaders({
  strictTransportSecurity: false,
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

/** The gateways, their cashier, the control of both, and a shop to try them with. */
export function buildSimulator(deps: SimulatorDeps) {
  const gateways = gatewayRoutes(deps);
  return new Hono()
    .use(logRequests(deps.logger), headers)
    .get("/healthz", (c) => c.json({ status: "ok" }))
    .get("/", (c) => c.redirect("/shop"))
    .route("/static", staticFiles())
    .route("/gateways", gateways)
    .route("/control", controlRoutes(deps))
    .use("/cashier/*", csrf(), detectLanguage)
    .route("/cashier", cashierRoutes(deps))
    .use("/shop/*", csrf(), detectLanguage)
    .route("/shop", shopRoutes(deps))
    .use(rootCalls(deps.played, gateways))
    .notFound((c) => {
      const reading = readingOf(c);
      return c.html(messagePage(reading, { title: reading.words.notFound, text: reading.words.notFoundText }), 404);
    })
    .onError((error, c) => {
      if (error instanceof HTTPException) return error.getResponse();
      deps.logger.error({ err: error, path: c.req.path }, "request failed");
      return c.json({ title: "internal_error", status: 500, code: "internal_error" }, 500);
    });
}

function logRequests(logger: Logger) {
  return createMiddleware(async (c, next) => {
    const start = performance.now();
    await next();
    const durationMs = Math.round(performance.now() - start);
    logger.info({ method: c.req.method, path: c.req.path, status: c.res.status, durationMs }, "request");
  });
}
