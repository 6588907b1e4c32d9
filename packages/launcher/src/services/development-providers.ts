import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { developmentSecret } from "@zhanggui/runtime";
import { type KeptAccounts, makeDevelopmentAccounts } from "@zhanggui/simulator/development";
import { z } from "zod";

export type DevelopmentProviders = {
  readonly dataDirectory: string;
  readonly simulatorUrl: string;
  readonly now: Date;
  readonly report: (sentence: string) => void;
};

/** The paths for `PROVIDERS_FILE` and `SIMULATOR_KEYS_FILE`. */
export type DevelopmentFiles = { readonly providersFile: string; readonly keysFile: string };

type Entries = Readonly<Record<string, unknown>>;

/**
 * Writes the `PROVIDERS_FILE` of a system that was given none, an account of every gateway that the simulator plays, and
 * the file with the gateways' own keys. Both are made once and kept, as payments are under way with them. Nothing that
 * was kept is replaced without a word. Two files are not written at once: a start that dies between them leaves halves
 * that do not fit, and the next start makes those accounts again.
 */
export async function writeDevelopmentProviders(options: DevelopmentProviders): Promise<DevelopmentFiles> {
  const { dataDirectory, simulatorUrl, now, report } = options;
  const providersFile = join(dataDirectory, "providers.json");
  const keysFile = join(dataDirectory, "simulator", "keys.json");
  const kept: KeptAccounts = { providers: readEntries(providersFile, report), keys: readEntries(keysFile, report) };

  const mockSecret = await developmentSecret(dataDirectory, "mock");
  const gatewaysUrl = `${simulatorUrl}/gateways`;
  const { providers, keys, replaced } = await makeDevelopmentAccounts({ gatewaysUrl, mockSecret, now, kept });
  if (replaced.length > 0) {
    report(
      `The development accounts ${replaced.join(", ")} could not be read back from ${providersFile} and ${keysFile}, ` +
        "or did not fit together: they are made again, and payments begun with the old ones cannot be settled.",
    );
  }
  const added = (entries: Entries) => Object.entries(entries).filter(([id]) => !Object.hasOwn(providers, id));
  writePrivately(keysFile, { ...keys, ...Object.fromEntries(added(kept.keys)) });
  writePrivately(providersFile, { ...providers, ...Object.fromEntries(added(kept.providers)) });
  return { providersFile, keysFile };
}

const entriesSchema = z.record(z.string(), z.unknown());

function readEntries(file: string, report: (sentence: string) => void): Entries {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
  const parsed = entriesSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  report(`${file} is not a JSON object: the development accounts in it are made again.`);
  return {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** For its owner alone. Renamed into place, so that nobody reads half of it, and never lost to a power cut. */
function writePrivately(file: string, entries: Entries): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${JSON.stringify(entries, undefined, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}
