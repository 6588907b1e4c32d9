import type { Sessions } from "@zhanggui/operators/sign-in";
import { type Role, Fault, roles } from "@zhanggui/domain";
import type { Context, MiddlewareHandler } from "hono";
import { type JWTPayload, type JWTVerifyGetKey, createRemoteJWKSet, errors, jwtVerify } from "jose";
import { z } from "zod";

import { storableText } from "../schemas/text.ts";
import { isReading, requireSameOrigin } from "./same-origin.ts";
import { setCookies, visitorOf } from "./visitor.ts";

/** Who calls: the claims `sub` and `role` of a verified token. */
export type Caller = { readonly sub: string; readonly role: Role };

export type Authenticate = (token: string) => Promise<Caller>;

/** The variables that the middlewares of this app set. */
export type AppEnv = { Variables: { requestId: string; caller: Caller } };

const claims = z.object({ sub: storableText(200), role: z.enum(roles) });
/** For a token that begins on another machine's clock. A token that has ended has ended. */
const notBeforeToleranceSeconds = 5;
const asymmetric = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

export type TokenKeys = {
  readonly secret: string | undefined;
  readonly jwksUrl: string | undefined;
  readonly now: () => Date;
};

/** Verifies tokens of the shop's identity provider: HS256 under a shared secret, or its published keys. */
export function createAuthenticate(keys: TokenKeys): Authenticate {
  const verify = verifierOf(keys);
  return async (token) => {
    const payload = await verify(token);
    if (payload.exp !== undefined && payload.exp * 1000 <= keys.now().getTime()) {
      throw new Fault("unauthenticated", { why: "ERR_JWT_EXPIRED" });
    }
    const parsed = claims.safeParse(payload);
    if (parsed.success) return parsed.data;
    const onlyRole = parsed.error.issues.every(({ path }) => path[0] === "role");
    throw onlyRole
      ? new Fault("forbidden", { why: "the token's role is not one of ours" })
      : new Fault("unauthenticated", { why: "the token has no usable sub" });
  };
}

function verifierOf({ secret, jwksUrl, now }: TokenKeys): (token: string) => Promise<JWTPayload> {
  const options = () => ({ clockTolerance: notBeforeToleranceSeconds, currentDate: now() });
  if (jwksUrl !== undefined) {
    const keySet = publishedKeys(new URL(jwksUrl));
    return refusing(async (token) => {
      const { payload } = await jwtVerify(token, keySet, { algorithms: asymmetric, ...options() });
      return payload;
    });
  }
  if (secret === undefined) throw new Error("neither JWT_SECRET nor JWT_JWKS_URL is set");
  const key = new TextEncoder().encode(secret);
  return refusing(async (token) => {
    const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"], ...options() });
    return payload;
  });
}

/** Keys that cannot be fetched say nothing about the token: that is our trouble, not the caller's. */
function publishedKeys(url: URL): JWTVerifyGetKey {
  const keySet = createRemoteJWKSet(url);
  return async (header, token) => {
    try {
      return await keySet(header, token);
    } catch (error) {
      if (aboutTheToken.some((kind) => error instanceof kind)) throw error;
      throw new Fault("gateway_unavailable", { why: "the identity provider's keys cannot be fetched" });
    }
  };
}

const aboutTheToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

function refusing(verify: (token: string) => Promise<JWTPayload>): (token: string) => Promise<JWTPayload> {
  return async (token) => {
    try {
      return await verify(token);
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new Fault("unauthenticated", { why: error.code });
      throw error;
    }
  };
}

const bearer = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/i;

export type Callers = {
  readonly authenticate: Authenticate;
  /** Undefined where operators do not sign in: there only tokens count. */
  readonly sessions: Sessions | undefined;
  readonly publicUrl: string;
};

/** Requires a verified token, or the session of an operator whose one-time password has been changed. */
export function requireCaller({ authenticate, sessions, publicUrl }: Callers): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const token = tokenOf(c);
    c.set("caller", token === undefined ? await operatorOf(c, sessions, publicUrl) : await authenticate(token));
    await next();
  };
}

function tokenOf(c: Context): string | undefined {
  const header = c.req.header("authorization");
  if (header === undefined) return undefined;
  const token = bearer.exec(header)?.[1];
  if (token === undefined)
    throw new Fault("unauthenticated", { why: "the Authorization header is not a Bearer token" });
  return token;
}

/** An operator's `sub` is their e-mail address: what they do stands under it in the audit. */
async function operatorOf(c: Context, sessions: Sessions | undefined, publicUrl: string): Promise<Caller> {
  const session = await sessions?.findSession(visitorOf(c));
  if (session === undefined) throw new Fault("unauthenticated", { why: "no token was given, and nobody is signed in" });
  if (!isReading(c)) requireSameOrigin(c, publicUrl);
  setCookies(c, session.cookies);
  const { email, role, must_change_password: mustChange } = session.operator;
  if (mustChange) throw new Fault("password_change_needed");
  return { sub: email, role };
}

const rank: Readonly<Record<Role, number>> = { customer: 0, viewer: 1, operator: 2, admin: 3 };

/** Requires at least this role; comes after `requireCaller`. */
export function requireRole(minimum: Exclude<Role, "customer">): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { role } = c.get("caller");
    if (rank[role] < rank[minimum]) throw new Fault("forbidden", { role, needs: minimum });
    await next();
  };
}
