import { z } from "zod";

import { type Account, accountSchema } from "./registry.ts";

/** Provider id → account. A provider id stands in URLs, in orders and in job ids. */
export type Providers = ReadonlyMap<string, Account>;

const providerId = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const maximumProviders = 100;
const minimumProductionSecret = 16;

const providersSchema = z
  .record(z.string().regex(providerId, "a provider id is 1–32 of a-z 0-9 _ -"), accountSchema)
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

function productionProblems(id: string, account: Account): readonly string[] {
  const problems: string[] = [];
  if (account.kind === "mock" && account.allowUnsigned === true) {
    problems.push(`${id}.allowUnsigned: unsigned callbacks are refused in production`);
  }
  if (account.secret.length < minimumProductionSecret) {
    problems.push(`${id}.secret: must have at least ${minimumProductionSecret} characters in production`);
  }
  return problems;
}
