import { z } from "zod";

import { type Account, accountSchema } from "./registry.ts";

/** Provider id → account. A provider id stands in URLs, in orders and in job ids. */
export type Providers = ReadonlyMap<string, Account>;

const providerId = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const maximumProviders = 100;
export const minimumProductionSecret = 16;
/** Who signs for UnionPay; its test environment signs under another name. */
export const unionpayName = "中国银联股份有限公司";

const providersSchema = z
  .record(z.string().regex(providerId, "a provider id is 1–64 of A-Z a-z 0-9 _ -"), accountSchema)
  .refine((providers) => Object.keys(providers).length > 0, "names no provider")
  .refine((providers) => Object.keys(providers).length <= maximumProviders, `names over ${maximumProviders} providers`);

export type ProvidersReading =
  | { readonly ok: true; readonly providers: Providers }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the text of `PROVIDERS_FILE`. Problems name the place, never the value: it may be a secret. */
export function readProviders(text: string, production: boolean): ProvidersReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problems: ["is not JSON"] };
  }
  const parsed = providersSchema.safeParse(value);
  if (!parsed.success) {
    return {
      ok: false,
      problems: parsed.error.issues.map(({ path, message }) => `${path.join(".") || "file"}: ${message}`),
    };
  }
  const providers = new Map(Object.entries(parsed.data));
  const problems = production ? [...providers].flatMap(([id, account]) => productionProblems(id, account)) : [];
  return problems.length === 0 ? { ok: true, providers } : { ok: false, problems };
}

/**
 * What development lets pass and a shop's money must not rest on. A staging system runs as production with the gateways'
 * test accounts: of those `ops providers check` warns.
 */
function productionProblems(id: string, account: Account): readonly string[] {
  const problems: string[] = [];
  if (account.kind === "mock" && account.allowUnsigned === true) {
    problems.push(`${id}.allowUnsigned: unsigned callbacks are refused in production`);
  }
  if ((account.kind === "mock" || account.kind === "hmac" || account.kind === "stripe") && isShort(account.secret)) {
    problems.push(`${id}.secret: must have at least ${minimumProductionSecret} characters in production`);
  }
  if ("baseUrl" in account && account.baseUrl !== undefined && !isPrivateWay(account.baseUrl)) {
    problems.push(`${id}.baseUrl: must be https in production`);
  }
  return problems;
}

/** Encrypted, or never leaving this machine. */
function isPrivateWay(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl);
  return protocol === "https:" || hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

function isShort(secret: string): boolean {
  return secret.length < minimumProductionSecret;
}
