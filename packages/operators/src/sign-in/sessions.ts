import { type Db, type Operator, audit, operatorSessions, operators, signInAttempts, transact } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";

import { refuseUnfitPassword } from "../passwords.ts";
import { attempting } from "./attempts.ts";
import { type AuthorityOptions, createAuthority } from "./authority.ts";
import { type Visitor, call, headersOf } from "./call.ts";

/** However busy the browser is, after so long its operator shows again who they are. */
const longestSessionMs = 12 * 60 * 60 * 1_000;

export type Session = { readonly id: string; readonly operator: Operator };
export type WithCookies = { readonly cookies: readonly string[] };
export type SignedIn = WithCookies & { readonly twoFactorNeeded: boolean };

export type Sessions = ReturnType<typeof openSessions>;

/** Operators' sign-in and sessions. */
export function openSessions(options: AuthorityOptions & { readonly now: () => Date }) {
  const { db, now } = options;
  const { api } = createAuthority(options);

  /** Undefined for who is not signed in, or no more. The cookies, if any, renew the session. */
  async function findSession(visitor: Visitor): Promise<(Session & WithCookies) | undefined> {
    if (visitor.cookie === undefined) return undefined;
    const { response, cookies } = await call(() =>
      api.getSession({ headers: headersOf(visitor), returnHeaders: true }),
    );
    if (response === null) return undefined;
    const { session } = response;
    const operator = await operators.find(db, { id: session.userId });
    if (operator === undefined) return undefined;
    if (operator.disabled_at !== null || session.createdAt.getTime() + longestSessionMs <= now().getTime()) {
      await operatorSessions.end(db, operator.id, session.id);
      return undefined;
    }
    return { id: session.id, operator, cookies };
  }

  async function requireSession(visitor: Visitor): Promise<Session & WithCookies> {
    const session = await findSession(visitor);
    if (session === undefined) throw new Fault("unauthenticated", { why: "nobody is signed in" });
    return session;
  }

  /** Lets the operator who is signed in prove themselves by their password once more. */
  async function confirming<Result>(visitor: Visitor, work: () => Promise<Result>): Promise<Result> {
    const { operator } = await requireSession(visitor);
    return attempting(db, { email: operator.email, address: visitor.address }, work);
  }

  return {
    findSession,

    signIn: async (
      visitor: Visitor,
      body: { readonly email: string; readonly password: string },
    ): Promise<SignedIn> => {
      const headers = headersOf({ ...visitor, cookie: undefined });
      const { response, cookies } = await attempting(db, { email: body.email, address: visitor.address }, () =>
        call(() => api.signInEmail({ body, headers, returnHeaders: true })),
      );
      await tidy(db);
      return { cookies, twoFactorNeeded: "twoFactorRedirect" in response };
    },

    signOut: async (visitor: Visitor): Promise<WithCookies> =>
      call(() => api.signOut({ headers: headersOf(visitor), returnHeaders: true })),

    /** Signs the operator out everywhere else. */
    changePassword: async (
      visitor: Visitor,
      { currentPassword, newPassword }: { readonly currentPassword: string; readonly newPassword: string },
    ): Promise<WithCookies> => {
      const { operator } = await requireSession(visitor);
      refuseUnfitPassword(newPassword, { email: operator.email, old: currentPassword });
      const body = { currentPassword, newPassword, revokeOtherSessions: true };
      const { cookies } = await confirming(visitor, () =>
        call(() => api.changePassword({ body, headers: headersOf(visitor), returnHeaders: true })),
      );
      await note(db, operator, "operator.change_password", { must_change_password: false });
      return { cookies };
    },

    /** The secret for an authenticator app, and codes for the day it is lost. In force once a code was given. */
    enableTwoFactor: async (visitor: Visitor, password: string) => {
      const { response, cookies } = await confirming(visitor, () =>
        call(() =>
          api.enableTwoFactor({ body: { password, method: "totp" }, headers: headersOf(visitor), returnHeaders: true }),
        ),
      );
      if (response.method !== "totp") throw new Error("a second factor was enabled that was not asked for");
      return { totpUri: response.totpURI, recoveryCodes: response.backupCodes, cookies };
    },

    /** A code of the app: the second step of signing in or, when signed in, the first code that puts the app in force. */
    verifyTwoFactor: async (visitor: Visitor, code: string): Promise<WithCookies> => {
      const session = await findSession(visitor);
      const { cookies } = await call(() =>
        api.verifyTOTP({ body: { code }, headers: headersOf(visitor), returnHeaders: true }),
      );
      if (session !== undefined && !session.operator.two_factor_enabled) {
        await note(db, session.operator, "operator.enable_two_factor", {});
      }
      return { cookies };
    },

    /** A recovery code in place of the app's; each works once. */
    recover: async (visitor: Visitor, code: string): Promise<WithCookies> =>
      call(() => api.verifyBackupCode({ body: { code }, headers: headersOf(visitor), returnHeaders: true })),

    disableTwoFactor: async (visitor: Visitor, password: string): Promise<WithCookies> => {
      const { operator } = await requireSession(visitor);
      const { cookies } = await confirming(visitor, () =>
        call(() => api.disableTwoFactor({ body: { password }, headers: headersOf(visitor), returnHeaders: true })),
      );
      await note(db, operator, "operator.disable_two_factor", {});
      return { cookies };
    },
  };
}

/** What an operator did about their own sign-in. */
async function note(
  db: Db,
  { id, email }: Operator,
  action: string,
  change: { readonly must_change_password?: boolean },
): Promise<void> {
  await transact(db, async (tx) => {
    await operators.update(tx, id, change);
    await audit.write(tx, [{ actor: email, action, entity: "operator", entityId: id }]);
  });
}

/** Whoever signs in sweeps up a little. */
async function tidy(db: Db): Promise<void> {
  await operatorSessions.removeExpired(db);
  await signInAttempts.removeEnded(db);
}
