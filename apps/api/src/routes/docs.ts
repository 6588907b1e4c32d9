import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { html } from "hono/html";
import { absolutePath } from "swagger-ui-dist";

import type { AppEnv } from "../http/authentication.ts";

const setup = `window.onload = () => { window.ui = SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#docs", deepLinking: true, defaultModelsExpandDepth: 0 }); };`;

const page = html`<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Zhanggui API</title>
      <link rel="stylesheet" href="/docs/assets/swagger-ui.css" />
      <link rel="icon" href="/docs/assets/favicon-32x32.png" />
    </head>
    <body>
      <main id="docs"></main>
      <script src="/docs/assets/swagger-ui-bundle.js"></script>
      <script src="/docs/setup.js"></script>
    </body>
  </html>`;

/** What the page asks for; the package's own page, which points at another host, is not among it. */
const assets: ReadonlySet<string> = new Set(["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"]);

/** The page to read the OpenAPI description with; everything it needs comes from this process. */
export function docsRoutes() {
  return new Hono<AppEnv>()
    .get("/", (c) => c.html(page))
    .get("/setup.js", (c) => c.body(setup, 200, { "content-type": "text/javascript; charset=utf-8" }))
    .get(
      "/assets/:name",
      async (c, next) => (assets.has(c.req.param("name")) ? next() : c.notFound()),
      serveStatic({ root: absolutePath(), rewriteRequestPath: (path) => path.replace(/^\/docs\/assets/, "") }),
    );
}
