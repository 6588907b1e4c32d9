import { z } from "@hono/zod-openapi";
import { operatorRoles } from "@zhanggui/domain";

import { requiredReason } from "./admin.ts";
import { storableText } from "./text.ts";

const longestEmail = 254;
const longestName = 100;
/** Longer than any password that is taken, so that hashing is bounded. */
const longestPassword = 128;
const longestCode = 20;

const email = z
  .string()
  .trim()
  .pipe(z.email().max(longestEmail))
  .transform((text) => text.toLowerCase())
  .openapi({ type: "string", format: "email", maxLength: longestEmail });
const password = storableText(longestPassword);
const code = z.string().trim().min(1).max(longestCode);

export const signInSchema = z.object({ email, password }).openapi("SignIn");
export const signedInSchema = z
  .object({
    twoFactorNeeded: z.boolean().openapi({ description: "Then the session begins with POST /auth/two-factor/verify." }),
  })
  .openapi("SignedIn");
export const changePasswordSchema = z
  .object({ currentPassword: password, newPassword: z.string().max(longestPassword) })
  .openapi("ChangePassword");
export const passwordSchema = z.object({ password }).openapi("Password");
export const codeSchema = z.object({ code }).openapi("Code");

export const sessionSchema = z
  .object({
    operator: z.object({
      email: z.string(),
      name: z.string(),
      role: z.enum(operatorRoles),
      mustChangePassword: z.boolean(),
      twoFactor: z.boolean(),
    }),
  })
  .openapi("Session");

export const openSessionSchema = z
  .object({
    id: z.string(),
    current: z.boolean(),
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .openapi("OpenSession");

export const twoFactorSchema = z
  .object({
    totpUri: z.string().openapi({ description: "otpauth://, for an authenticator app; shown this once." }),
    recoveryCodes: z.array(z.string()),
  })
  .openapi("TwoFactor");

export const operatorSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: z.enum(operatorRoles),
    disabled: z.boolean(),
    mustChangePassword: z.boolean(),
    twoFactor: z.boolean(),
    createdAt: z.iso.datetime(),
  })
  .openapi("Operator");

export const withOneTimePasswordSchema = z
  .object({
    operator: operatorSchema,
    oneTimePassword: z.string().openapi({ description: "Told this once; to be changed at the first sign-in." }),
  })
  .openapi("WithOneTimePassword");

export const addOperatorSchema = z
  .object({
    email,
    name: z.string().trim().pipe(storableText(longestName)).openapi({ type: "string", maxLength: longestName }),
    role: z.enum(operatorRoles),
    reason: requiredReason,
  })
  .openapi("AddOperator");

export const changeOperatorSchema = z
  .object({ role: z.enum(operatorRoles).optional(), disabled: z.boolean().optional(), reason: requiredReason })
  .openapi("ChangeOperator");
