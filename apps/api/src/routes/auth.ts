import { createRoute, z } from "@hono/zod-openapi";
import type { Sessions } from "@zhanggui/operators/sign-in";
import { operatorSessions } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";
import type { Context } from "hono";

import type { Deps } from "../deps.ts";
import type { AppEnv } from "../http/authentication.ts";
import type { RateLimits } from "../http/rate-limit.ts";
import { json, jsonBody, refusals } from "../http/responses.ts";
import { createRouter } from "../http/router.ts";
import { isReading, refuseOtherOrigin, requireSameOrigin } from "../http/same-origin.ts";
import { setCookies, visitorOf } from "../http/visitor.ts";
import {
  changePasswordSchema,
  codeSchema,
  openSessionSchema,
  passwordSchema,
  sessionSchema,
  signInSchema,
  signedInSchema,
  twoFactorSchema,
} from "../schemas/operators.ts";
import { idParam } from "../schemas/text.ts";

const done = { 204: { description: "Done." }, ...refusals };
const tags = ["Sign-in"];

const post = <Path extends string>(path: Path, summary: string) => ({ tags, summary, method: "post" as const, path });

const signInRoute = createRoute({
  ...post("/sign-in", "Sign in by e-mail and password; the answer sets the session's cookie."),
  request: { body: jsonBody(signInSchema) },
  responses: { 200: json(signedInSchema, "Signed in, or the second factor is asked for."), ...refusals },
});
const verifyRoute = createRoute({
  ...post("/two-factor/verify", "The app's code: ends signing in or, when signed in, puts a new app in force."),
  request: { body: jsonBody(codeSchema) },
  responses: done,
});
const recoverRoute = createRoute({
  ...post("/two-factor/recover", "A recovery code in place of the app's; each works once."),
  request: { body: jsonBody(codeSchema) },
  responses: done,
});
const signOutRoute = createRoute({ ...post("/sign-out", "End this session."), responses: done });
const sessionRoute = createRoute({
  tags,
  summary: "Who is signed in.",
  method: "get",
  path: "/session",
  responses: { 200: json(sessionSchema, "The operator."), ...refusals },
});
const sessionsRoute = createRoute({
  tags,
  summary: "Where the operator is signed in.",
  method: "get",
  path: "/sessions",
  responses: { 200: json(z.object({ sessions: z.array(openSessionSchema) }), "Newest first."), ...refusals },
});
const endSessionRoute = createRoute({
  ...post("/sessions/{id}/end", "Sign out somewhere else."),
  request: { params: idParam },
  responses: done,
});
const changePasswordRoute = createRoute({
  ...post("/change-password", "Choose another password; signs out everywhere else."),
  request: { body: jsonBody(changePasswordSchema) },
  responses: done,
});
const enableRoute = createRoute({
  ...post("/two-factor/enable", "Make a second factor; in force after its first code was verified."),
  request: { body: jsonBody(passwordSchema) },
  responses: { 200: json(twoFactorSchema, "For an authenticator app."), ...refusals },
});
const disableRoute = createRoute({
  ...post("/two-factor/disable", "Take the second factor away."),
  request: { body: jsonBody(passwordSchema) },
  responses: done,
});

export type AuthDeps = Pick<Deps, "sessions" | "engine"> & { readonly limits: RateLimits };

/** Operators' sign-in, for browsers: the session lives in a cookie. */
export function authRoutes({ sessions, engine, limits }: AuthDeps) {
  const { db, publicUrl } = engine;

  function open(): Sessions {
    if (sessions !== undefined) return sessions;
    throw new Fault("forbidden", { why: "nobody can sign in here: AUTH_SECRET is not set" });
  }
  /** The session of who is signed in, with whatever password. */
  async function sessionOf(c: Context<AppEnv>) {
    const session = await open().findSession(visitorOf(c));
    if (session === undefined) throw new Fault("unauthenticated", { why: "nobody is signed in" });
    if (!isReading(c)) requireSameOrigin(c, publicUrl);
    setCookies(c, session.cookies);
    const { email, role } = session.operator;
    c.set("caller", { sub: email, role });
    await limits.countCaller(email);
    return session;
  }
  /** The same for who has a password of their own. */
  async function settledSessionOf(c: Context<AppEnv>) {
    const session = await sessionOf(c);
    if (session.operator.must_change_password) throw new Fault("password_change_needed");
    return session;
  }

  const router = createRouter();
  router.use(async (c, next) => {
    c.header("Cache-Control", "no-store");
    await next();
  });
  return router
    .openapi(signInRoute, async (c) => {
      refuseOtherOrigin(c, publicUrl);
      const { cookies, twoFactorNeeded } = await open().signIn(visitorOf(c), c.req.valid("json"));
      setCookies(c, cookies);
      return c.json({ twoFactorNeeded }, 200);
    })
    .openapi(verifyRoute, async (c) => {
      refuseOtherOrigin(c, publicUrl);
      setCookies(c, (await open().verifyTwoFactor(visitorOf(c), c.req.valid("json").code)).cookies);
      return c.body(null, 204);
    })
    .openapi(recoverRoute, async (c) => {
      refuseOtherOrigin(c, publicUrl);
      setCookies(c, (await open().recover(visitorOf(c), c.req.valid("json").code)).cookies);
      return c.body(null, 204);
    })
    .openapi(signOutRoute, async (c) => {
      refuseOtherOrigin(c, publicUrl);
      setCookies(c, (await open().signOut(visitorOf(c))).cookies);
      return c.body(null, 204);
    })
    .openapi(sessionRoute, async (c) => {
      const { email, name, role, must_change_password, two_factor_enabled } = (await sessionOf(c)).operator;
      const operator = { email, name, role, mustChangePassword: must_change_password, twoFactor: two_factor_enabled };
      return c.json({ operator }, 200);
    })
    .openapi(sessionsRoute, async (c) => {
      const { id: current, operator } = await settledSessionOf(c);
      const listed = (await operatorSessions.listOpen(db, operator.id)).map((session) => ({
        id: session.id,
        current: session.id === current,
        address: session.ip_address,
        userAgent: session.user_agent,
        createdAt: session.created_at.toISOString(),
        expiresAt: session.expires_at.toISOString(),
      }));
      return c.json({ sessions: listed }, 200);
    })
    .openapi(endSessionRoute, async (c) => {
      const { operator } = await settledSessionOf(c);
      if (!(await operatorSessions.end(db, operator.id, c.req.valid("param").id))) throw new Fault("not_found");
      return c.body(null, 204);
    })
    .openapi(changePasswordRoute, async (c) => {
      await sessionOf(c);
      setCookies(c, (await open().changePassword(visitorOf(c), c.req.valid("json"))).cookies);
      return c.body(null, 204);
    })
    .openapi(enableRoute, async (c) => {
      await settledSessionOf(c);
      const { cookies, ...twoFactor } = await open().enableTwoFactor(visitorOf(c), c.req.valid("json").password);
      setCookies(c, cookies);
      return c.json(twoFactor, 200);
    })
    .openapi(disableRoute, async (c) => {
      await settledSessionOf(c);
      setCookies(c, (await open().disableTwoFactor(visitorOf(c), c.req.valid("json").password)).cookies);
      return c.body(null, 204);
    });
}
