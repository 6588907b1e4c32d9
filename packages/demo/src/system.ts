import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { type Providers, loadProviders } from "@zhanggui/gateways";
import { z } from "zod";

/** Where the running system is, and with what the demo shows who it is. */
export type System = {
  readonly apiUrl: string;
  readonly simulatorUrl: string;
  readonly jwtSecret: string;
  /** The account that the simulator plays. */
  readonly provider: string;
};

type Variables = Readonly<Record<string, string | undefined>>;

const runningSchema = z.looseObject({
  apiUrl: z.string(),
  simulatorUrl: z.string().optional(),
  providersFile: z.string().optional(),
});

const noStart = "No `start` is running: run `pnpm start` in another terminal, then `pnpm demo`.";
const probeLimitMs = 3_000;

/** Finds a running `start` by what it wrote to DATA_DIR, or by the environment. Throws one sentence when there is none. */
export async function findSystem(variables: Variables): Promise<System> {
  const dataDirectory = variables["DATA_DIR"] || ".data";
  const running = readRunning(dataDirectory);
  const apiUrl = variables["API_URL"] || running?.apiUrl;
  if (apiUrl === undefined || !(await isReady(apiUrl))) throw new Error(noStart);

  const simulatorUrl = variables["SIMULATOR_URL"] || running?.simulatorUrl;
  if (simulatorUrl === undefined) {
    throw new Error("The demo pays at the gateway simulator, which this system runs without.");
  }
  const providersFile = variables["PROVIDERS_FILE"] || running?.providersFile || join(dataDirectory, "providers.json");
  return {
    apiUrl: withoutSlash(apiUrl),
    simulatorUrl: withoutSlash(simulatorUrl),
    jwtSecret: variables["JWT_SECRET"] || readSecret(join(dataDirectory, "secrets", "jwt")),
    provider: providerPlayedBy(simulatorUrl, await loadProviders(providersFile, false)),
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, "");
}

function readRunning(dataDirectory: string): z.infer<typeof runningSchema> | undefined {
  const file = join(dataDirectory, "running.json");
  if (!existsSync(file)) return undefined;
  const parsed = runningSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  return parsed.success ? parsed.data : undefined;
}

async function isReady(apiUrl: string): Promise<boolean> {
  try {
    const response = await fetch(new URL("/readyz", apiUrl), { signal: AbortSignal.timeout(probeLimitMs) });
    return response.ok;
  } catch {
    return false;
  }
}

function readSecret(file: string): string {
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  throw new Error("The demo needs the key that customers' tokens are signed with: name it in JWT_SECRET.");
}

/** The first account whose gateway the simulator plays. */
function providerPlayedBy(simulatorUrl: string, providers: Providers): string {
  for (const [id, account] of providers) {
    if (
      (account.kind === "mock" || account.kind === "hmac") &&
      account.baseUrl?.startsWith(withoutSlash(simulatorUrl))
    ) {
      return id;
    }
  }
  throw new Error(`No account of PROVIDERS_FILE has its baseUrl at the simulator (${simulatorUrl}).`);
}
