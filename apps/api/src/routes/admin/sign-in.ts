import { readFile } from "node:fs/promises";

import { Hono } from "hono";
import { html } from "hono/html";

import type { AppEnv } from "../../http/authentication.ts";

const script = new URL("../../../public/sign-in.js", import.meta.url);

const styles = `body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:10vh auto;padding:0 1rem;color:#1f2329}
label,input{display:block;width:100%;box-sizing:border-box;font:inherit}
input{padding:.4rem;margin-bottom:.75rem}
button{font:inherit;padding:.5rem 1.25rem;color:#fff;background:#0b57d0;border:0;border-radius:6px}
[role=alert]{color:#b3261e}`;

const page = html`<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Zhanggui: operator sign-in</title>
      <link rel="stylesheet" href="/admin/sign-in.css" />
      <script type="module" src="/admin/sign-in.js"></script>
    </head>
    <body>
      <h1>Operator sign-in</h1>
      <p role="alert"></p>
      <form id="password" method="post">
        <label>E-mail <input type="email" name="email" required autocomplete="username" /></label>
        <label>Password <input type="password" name="password" required autocomplete="current-password" /></label>
        <button type="submit">Sign in</button>
      </form>
      <form id="code" method="post" hidden>
        <label>Code of your authenticator app <input name="code" required autocomplete="one-time-code" /></label>
        <button type="submit">Go on</button>
      </form>
      <form id="change" method="post" hidden>
        <p>Choose a password of your own, of at least 12 characters.</p>
        <label>One-time password <input type="password" name="currentPassword" required /></label>
        <label>
          New password
          <input type="password" name="newPassword" required minlength="12" autocomplete="new-password" />
        </label>
        <button type="submit">Change</button>
      </form>
    </body>
  </html>`;

/** A page to sign in with, for what this process serves to browsers itself; it speaks with `/auth` as any page does. */
export function signInPage() {
  return new Hono<AppEnv>()
    .get("/sign-in", (c) => c.html(page))
    .get("/sign-in.css", (c) => c.body(styles, 200, { "content-type": "text/css; charset=utf-8" }))
    .get("/sign-in.js", async (c) =>
      c.body(await readFile(script, "utf8"), 200, { "content-type": "text/javascript; charset=utf-8" }),
    );
}
