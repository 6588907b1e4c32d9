import { resolve } from "node:path";

import { loadProviders, ProvidersError } from "@zhanggui/gateways";
import { ConfigurationError, type Environment, readEnvironment } from "@zhanggui/runtime";

export type Variables = Readonly<Record<string, string | undefined>>;

/** The environment with its paths made absolute, so that it means the same to every process. */
export type Settings = Environment;

/** Reads everything a person can get wrong before anything is started, and names all mistakes at once. */
export async function readSettings(variables: Variables): Promise<Settings> {
  const problems = [...missingInProduction(variables), ...(await problemsOfProviders(variables))];
  if (variables["SIMULATOR_KEYS_FILE"] && !variables["PROVIDERS_FILE"]) {
    problems.push("SIMULATOR_KEYS_FILE: is given without the PROVIDERS_FILE whose gateways' keys it holds");
  }
  const reading = tryToRead(variables);
  if (!reading.ok) throw new ConfigurationError([...reading.problems, ...problems]);

  const { environment } = reading;
  if (environment.SIMULATOR_PORT === environment.API_PORT) problems.push("SIMULATOR_PORT: is the port of API_PORT");
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    ...environment,
    DATA_DIR: resolve(environment.DATA_DIR),
    PROVIDERS_FILE: environment.PROVIDERS_FILE === undefined ? undefined : resolve(environment.PROVIDERS_FILE),
  };
}

type Reading =
  | { readonly ok: true; readonly environment: Environment }
  | { readonly ok: false; readonly problems: readonly string[] };

function tryToRead(variables: Variables): Reading {
  try {
    return { ok: true, environment: readEnvironment(variables) };
  } catch (error) {
    if (error instanceof ConfigurationError) return { ok: false, problems: error.problems };
    throw error;
  }
}

/** What is made up for development must be given in production. */
function missingInProduction({ NODE_ENV, JWT_SECRET, JWT_JWKS_URL, PROVIDERS_FILE }: Variables): readonly string[] {
  if (NODE_ENV !== "production") return [];
  const problems: string[] = [];
  if (!JWT_SECRET && !JWT_JWKS_URL) {
    problems.push("JWT_SECRET: or JWT_JWKS_URL is required in production, where no secret is made up");
  }
  if (!PROVIDERS_FILE) problems.push("PROVIDERS_FILE: is required in production, where no gateway is simulated");
  return problems;
}

async function problemsOfProviders({ NODE_ENV, PROVIDERS_FILE }: Variables): Promise<readonly string[]> {
  if (!PROVIDERS_FILE) return [];
  try {
    await loadProviders(PROVIDERS_FILE, NODE_ENV === "production");
    return [];
  } catch (error) {
    if (error instanceof ProvidersError) return error.problems;
    throw error;
  }
}
