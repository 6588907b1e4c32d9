import { developmentSecret } from "@zhanggui/runtime";

import { writeDevelopmentProviders } from "./services/development-providers.ts";
import type { Services } from "./services/open-services.ts";
import type { Settings, Variables } from "./settings.ts";

/** Settings in which nothing is left to a default that a child would have to guess. */
export type CompleteSettings = Settings & { readonly DATABASE_URL: string; readonly PROVIDERS_FILE: string };

export type Found = { readonly services: Services; readonly simulatorPort: number };

/** Adds what was started and, in development, what is made up. `readSettings` has refused production without these. */
export async function completeSettings(
  settings: Settings,
  { services, simulatorPort }: Found,
): Promise<CompleteSettings> {
  const { DATA_DIR: directory, JWT_SECRET, JWT_JWKS_URL, PROVIDERS_FILE } = settings;
  const hasIdentity = JWT_SECRET !== undefined || JWT_JWKS_URL !== undefined;
  return {
    ...settings,
    DATABASE_URL: services.databaseUrl,
    REDIS_URL: services.redisUrl,
    SIMULATOR_PORT: simulatorPort,
    JWT_SECRET: hasIdentity ? JWT_SECRET : await developmentSecret(directory, "jwt"),
    PROVIDERS_FILE: PROVIDERS_FILE ?? (await writeDevelopmentProviders(directory, simulatorUrlOf(simulatorPort))),
  };
}

export function simulatorUrlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** The children's environment: ours, with the completed settings over it. */
export function variablesFor(settings: CompleteSettings, variables: Variables, apiUrl: string): Variables {
  const { DATABASE_URL, REDIS_URL, JWT_SECRET, PROVIDERS_FILE, DATA_DIR, SIMULATOR_PORT } = settings;
  return {
    ...variables,
    DATABASE_URL,
    REDIS_URL,
    JWT_SECRET,
    PROVIDERS_FILE,
    DATA_DIR,
    SIMULATOR_PORT: String(SIMULATOR_PORT),
    API_URL: apiUrl,
  };
}
