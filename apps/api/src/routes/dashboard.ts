import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { serveStatic } from "@hono/node-server/serve-static";
import { Fault } from "@zhanggui/domain";
import { Hono } from "hono";
import { html } from "hono/html";
import { NONCE, type SecureHeadersVariables, secureHeaders } from "hono/secure-headers";

import type { Deps } from "../deps.ts";
import type { AppEnv } from "../http/authentication.ts";

const builtFolder = new URL("../../../dashboard/dist/", import.meta.url);
/** Where the built page has each answer's own number; `apps/dashboard/build/console-config.ts` writes it. */
const noncePlace = "{{nonce}}";
/** Whether the browser brought any cookie, which its page cannot see: without one nobody is signed in. */
const cookiesPlace = "{{cookies}}";
/** An asset's name is a digest of what it holds. */
const forever = "public, max-age=31536000, immutable";

/** No script but our own files, no host but this one; the styles that Ant Design writes carry the answer's number. */
const policy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", NONCE],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
};

const missing = html`<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <title>Zhanggui</title>
    </head>
    <body>
      <h1>The console has not been built</h1>
      <p>Everything else runs. Build it on the server: <code>pnpm --filter @zhanggui/dashboard build</code></p>
    </body>
  </html>`;

/** The operations console: static files that were built beforehand. Comes before the other pages' looser policy. */
export function dashboardRoutes({ log }: Pick<Deps, "log">, folder: URL = builtFolder) {
  const page = new URL("index.html", folder);
  if (!existsSync(page)) log.warn({ folder: fileURLToPath(folder) }, "the console has not been built: see /dashboard");
  // Made when the first one is asked for: it complains about a folder that the build has yet to put in its place.
  let assets: ReturnType<typeof assetsIn> | undefined;
  return new Hono<{ Variables: AppEnv["Variables"] & SecureHeadersVariables }>()
    .use(secureHeaders({ contentSecurityPolicy: policy }))
    .use("/assets/*", async (c, next) => {
      await next();
      if (c.res.ok) c.res.headers.set("Cache-Control", forever);
    })
    .get(
      "/assets/*",
      (c, next) => (assets ??= assetsIn(folder))(c, next),
      (c) => {
        throw new Fault("not_found", { path: c.req.path });
      },
    )
    .get("/*", async (c) => {
      c.header("Cache-Control", "no-cache");
      const text = await readFile(page, "utf8").catch(() => undefined);
      if (text === undefined) return c.html(missing, 503);
      const cookies = c.req.header("cookie") === undefined ? "none" : "some";
      return c.html(text.replaceAll(noncePlace, c.get("secureHeadersNonce") ?? "").replace(cookiesPlace, cookies));
    });
}

function assetsIn(folder: URL) {
  return serveStatic<AppEnv>({
    root: fileURLToPath(folder),
    precompressed: true,
    rewriteRequestPath: (path) => path.replace(/^\/dashboard/, ""),
  });
}
