import { type Db, operators } from "@zhanggui/db";
import { betterAuth } from "better-auth";
import { APIError } from "better-auth/api";
import { twoFactor } from "better-auth/plugins/two-factor";

import { longestPassword, shortestPassword } from "../passwords.ts";

/** A browser that is not used for so long is signed out. */
const idleSeconds = 2 * 60 * 60;
/** The session's end is moved at most so often: reading would write each time otherwise. */
const renewalSeconds = 5 * 60;

export type AuthorityOptions = {
  readonly db: Db;
  /** Signs cookies and encrypts second factors: at least 32 bytes. */
  readonly secret: string;
  /** Where browsers find us; on https the cookies are `Secure`. */
  readonly publicUrl: string;
};

/** The header in which the visitor's address is handed to the library; no request of the outside carries it in. */
export const addressHeader = "x-zhanggui-address";

const times = { createdAt: "created_at", updatedAt: "updated_at" } as const;

/**
 * better-auth over our tables. It is called as a library: its own HTTP handler is not mounted, so nothing of it can be
 * reached that we do not call.
 */
export function createAuthority({ db, secret, publicUrl }: AuthorityOptions) {
  return betterAuth({
    appName: "Zhanggui",
    baseURL: publicUrl,
    secret,
    database: { db, type: "postgres", transaction: true },
    logger: { disabled: true },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: shortestPassword,
      maxPasswordLength: longestPassword,
    },
    user: {
      modelName: "operators",
      fields: { emailVerified: "email_verified", ...times },
      // Named, because the library refuses a required column that it has not heard of.
      additionalFields: { role: { type: "string", required: true, input: false } },
    },
    session: {
      modelName: "operator_sessions",
      expiresIn: idleSeconds,
      updateAge: renewalSeconds,
      fields: {
        userId: "user_id",
        expiresAt: "expires_at",
        ipAddress: "ip_address",
        userAgent: "user_agent",
        ...times,
      },
    },
    account: {
      modelName: "operator_credentials",
      fields: {
        accountId: "account_id",
        providerId: "provider_id",
        userId: "user_id",
        accessToken: "access_token",
        refreshToken: "refresh_token",
        idToken: "id_token",
        accessTokenExpiresAt: "access_token_expires_at",
        refreshTokenExpiresAt: "refresh_token_expires_at",
        ...times,
      },
    },
    verification: { modelName: "operator_verifications", fields: { expiresAt: "expires_at", ...times } },
    plugins: [
      twoFactor({
        issuer: "Zhanggui",
        schema: {
          user: { fields: { twoFactorEnabled: "two_factor_enabled" } },
          twoFactor: {
            modelName: "operator_two_factors",
            fields: {
              userId: "user_id",
              backupCodes: "backup_codes",
              failedVerificationCount: "failed_verification_count",
              lockedUntil: "locked_until",
            },
          },
        },
      }),
    ],
    databaseHooks: {
      session: {
        create: {
          before: async ({ userId }) => {
            const operator = await operators.find(db, { id: userId });
            if (operator === undefined || operator.disabled_at !== null) throw new APIError("UNAUTHORIZED");
          },
        },
      },
    },
    advanced: {
      cookiePrefix: "zhanggui",
      useSecureCookies: publicUrl.startsWith("https://"),
      ipAddress: { ipAddressHeaders: [addressHeader] },
    },
  });
}
