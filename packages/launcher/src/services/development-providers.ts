import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { developmentSecret } from "@zhanggui/runtime";

/** Writes the `PROVIDERS_FILE` of a system that was given none: one signed mock, played by the simulator. */
export async function writeDevelopmentProviders(dataDirectory: string, simulatorUrl: string): Promise<string> {
  const secret = await developmentSecret(dataDirectory, "mock");
  const providers = { mock: { kind: "mock", secret, baseUrl: `${simulatorUrl}/gateways/mock` } };
  const file = join(dataDirectory, "providers.json");
  writeFileSync(`${file}.new`, `${JSON.stringify(providers, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return file;
}
