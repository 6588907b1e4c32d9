import { developmentSecret } from "@zhanggui/runtime";

import { writeDevelopmentProviders } from "./services/development-providers.ts";
import type { Services } from "./services/open-services.ts";
import type { Settings, Variables } from "./settings.ts";

/** Settings in which nothing is left to a default that a child would have to guess. */
export type CompleteSettings = Settings & {
  readonly DATABASE_URL: string;
  readonly PROVIDERS_FILE: string;
  /** Set when the accounts were made up; whoever gives accounts of his own may give their gateways' keys as well. */
  readonly SIMULATOR_KEYS_FILE: string | undefined;
};

export type Found = {
  readonly services: Services;
  readonly simulatorPort: number;
  readonly now: Date;
  readonly report: (sentence: string) => void;
};

/** Adds what was started and, in development, what is made up. `readSettings` has refused production without these. */
export async function completeSettings(
  settings: Settings,
  { services, simulatorPort, now, report }: Found,
): Promise<CompleteSettings> {
  const { DATA_DIR: directory, JWT_SECRET, JWT_JWKS_URL, PROVIDERS_FILE } = settings;
  const simulatorUrl = simulatorUrlOf(simulatorPort);
  const { providersFile, keysFile } =
    PROVIDERS_FILE === undefined
      ? await writeDevelopmentProviders({ dataDirectory: directory, simulatorUrl, now, report })
      : { providersFile: PROVIDERS_FILE, keysFile: undefined };
  const hasIdentity = JWT_SECRET !== undefined || JWT_JWKS_URL !== undefined;
  return {
    ...settings,
    DATABASE_URL: services.databaseUrl,
    REDIS_URL: services.redisUrl,
    SIMULATOR_PORT: simulatorPort,
    JWT_SECRET: hasIdentity ? JWT_SECRET : await developmentSecret(directory, "jwt"),
    PROVIDERS_FILE: providersFile,
    SIMULATOR_KEYS_FILE: keysFile,
  };
}

export function simulatorUrlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** The children's environment: ours, with the completed settings over it. */
export function variablesFor(settings: CompleteSettings, variables: Variables, apiUrl: string): Variables {
  const { DATABASE_URL, REDIS_URL, JWT_SECRET, PROVIDERS_FILE, SIMULATOR_KEYS_FILE, DATA_DIR, SIMULATOR_PORT } =
    settings;
  return {
    ...variables,
    DATABASE_URL,
    REDIS_URL,
    JWT_SECRET,
    PROVIDERS_FILE,
    ...(SIMULATOR_KEYS_FILE === undefined ? {} : { SIMULATOR_KEYS_FILE }),
    DATA_DIR,
    SIMULATOR_PORT: String(SIMULATOR_PORT),
    API_URL: apiUrl,
  };
}
