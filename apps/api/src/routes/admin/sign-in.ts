import { Fault } from "@zhanggui/domain";
import { Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import { html } from "hono/html";
import { z } from "zod";

import type { Deps } from "../../deps.ts";
import { type AppEnv, sessionCookie } from "../../http/authentication.ts";
import { limitBody } from "../../http/body.ts";
import { statusOf } from "../../http/problem.ts";
import type { RateLimits } from "../../http/rate-limit.ts";
import { boardPath } from "./board.ts";

const sessionSeconds = 12 * 60 * 60;
const form = z.object({ token: z.string().trim().min(1).max(8_192) });

const styles = `body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:10vh auto;padding:0 1rem;color:#1f2329}
textarea{width:100%;min-height:7rem;font:13px/1.4 ui-monospace,monospace}
button{font:inherit;padding:.5rem 1.25rem;margin-top:1rem;color:#fff;background:#0b57d0;border:0;border-radius:6px}
[role=alert]{color:#b3261e}`;

const page = (mistake: string) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Zhanggui: operator sign-in</title>
        <link rel="stylesheet" href="/admin/sign-in.css" />
      </head>
      <body>
        <h1>Operator sign-in</h1>
        ${mistake === "" ? "" : html`<p role="alert">${mistake}</p>`}
        <form method="post">
          <label for="token">Token with the role viewer, operator or admin</label>
          <textarea id="token" name="token" required autofocus spellcheck="false"></textarea>
          <p>Make one on the server: <code>pnpm ops token --sub you --role viewer</code></p>
          <button type="submit">Sign in</button>
        </form>
      </body>
    </html>`;

export type SignInDeps = Pick<Deps, "authenticate" | "production"> & { readonly limits: RateLimits };

/** Puts an operator's token into a cookie that only reads, for pages that a browser opens. */
export function signInRoutes({ authenticate, production, limits }: SignInDeps) {
  return new Hono<AppEnv>()
    .get("/sign-in", (c) => c.html(page("")))
    .get("/sign-in.css", (c) => c.body(styles, 200, { "content-type": "text/css; charset=utf-8" }))
    .post("/sign-in", csrf(), limitBody, async (c) => {
      const parsed = form.safeParse(await c.req.parseBody());
      if (!parsed.success) return c.html(page("Paste a token first."), 422);
      const { token } = parsed.data;
      try {
        const { role } = await authenticate(token);
        if (role === "customer") throw new Fault("forbidden");
      } catch (error) {
        if (!(error instanceof Fault) || statusOf[error.code] >= 500) throw error;
        await limits.countRefusal(c);
        return c.html(page("This token does not open the console: it is invalid, expired, or a customer's."), 401);
      }
      setCookie(c, sessionCookie, token, {
        httpOnly: true,
        sameSite: "Strict",
        secure: production,
        path: "/",
        maxAge: sessionSeconds,
      });
      return c.redirect(boardPath, 303);
    })
    .post("/sign-out", csrf(), (c) => {
      deleteCookie(c, sessionCookie, { path: "/" });
      return c.redirect("/admin/sign-in", 303);
    });
}
