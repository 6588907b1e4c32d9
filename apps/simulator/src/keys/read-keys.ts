import { z } from "zod";

import { gatewayKeys, type KeysByProvider } from "./gateway-keys.ts";

const maximumProviders = 100;

const keysSchema = z
  .record(z.string(), gatewayKeys)
  .refine((entries) => Object.keys(entries).length <= maximumProviders, `names over ${maximumProviders} providers`);

export type KeysReading =
  | { readonly ok: true; readonly keys: KeysByProvider }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the text of `SIMULATOR_KEYS_FILE`: provider id → the gateway's keys. Problems name the place, never a value. */
export function readKeys(text: string): KeysReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problems: ["is not JSON"] };
  }
  const parsed = keysSchema.safeParse(value);
  if (parsed.success) return { ok: true, keys: new Map(Object.entries(parsed.data)) };
  return {
    ok: false,
    problems: parsed.error.issues.map(({ path, message }) => `${path.join(".") || "file"}: ${message}`),
  };
}
