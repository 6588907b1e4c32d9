import { Fault } from "@zhanggui/domain";
import { APIError } from "better-auth/api";

import { addressHeader } from "./authority.ts";

/** A browser's request, as far as sessions are concerned. */
export type Visitor = {
  /** The `Cookie` header. */
  readonly cookie: string | undefined;
  readonly userAgent: string | undefined;
  readonly address: string;
};

export type Called<Result> = {
  readonly response: Result;
  /** For `Set-Cookie`. */ readonly cookies: readonly string[];
};

export function headersOf({ cookie, userAgent, address }: Visitor): Headers {
  const headers = new Headers({ [addressHeader]: address });
  if (cookie !== undefined) headers.set("cookie", cookie);
  if (userAgent !== undefined) headers.set("user-agent", userAgent);
  return headers;
}

/** Calls the library, and says its refusals in our words. */
export async function call<Result>(
  work: () => Promise<{ readonly headers: Headers; readonly response: Result }>,
): Promise<Called<Result>> {
  try {
    const { headers, response } = await work();
    return { response, cookies: headers.getSetCookie() };
  } catch (error) {
    throw error instanceof APIError ? refusalOf(error) : error;
  }
}

const serverError = 500;
const tooMany = 429;

function refusalOf(error: APIError): unknown {
  // What it could not do, such as reach the database, is for whoever knows that error.
  if (error.statusCode >= serverError) return error.cause ?? error;
  if (error.statusCode === tooMany) return new Fault("rate_limited", { retryAfter: String(lockSeconds) });
  return new Fault("wrong_credentials", { why: whyOf[error.body?.code ?? ""] ?? "the sign-in was refused" });
}

/** The plugin's lock after too many wrong codes. */
const lockSeconds = 15 * 60;

const whyOf: Readonly<Record<string, string>> = {
  INVALID_EMAIL_OR_PASSWORD: "wrong e-mail or password",
  INVALID_EMAIL: "wrong e-mail or password",
  INVALID_PASSWORD: "wrong password",
  INVALID_CODE: "wrong code",
  INVALID_BACKUP_CODE: "wrong code",
  INVALID_TWO_FACTOR_COOKIE: "sign in with e-mail and password first",
  TOTP_NOT_ENABLED: "there is no second factor",
  TOTP_ALREADY_ENABLED: "there is a second factor already",
};
