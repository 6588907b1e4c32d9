import { readFile } from "node:fs/promises";

import { type Providers, type ProvidersReading, readProviders } from "./providers.ts";
import type { Account } from "./registry.ts";

/** Reads `PROVIDERS_FILE`. Throws an error whose `problems` name what is wrong and where, never a value. */
export async function loadProviders(file: string, production: boolean): Promise<Providers> {
  const text = await readProvidersFile(file);
  if (!text.ok) throw new ProvidersError(text.problems);
  const reading = readProvidersText(file, text.text, production);
  if (!reading.ok) throw new ProvidersError(reading.problems);
  return reading.providers;
}

/** The text of the file, or why it cannot be had. */
export async function readProvidersFile(
  file: string,
): Promise<
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problems: readonly string[] }
> {
  try {
    return { ok: true, text: await readFile(file, "utf8") };
  } catch (error) {
    return { ok: false, problems: [`PROVIDERS_FILE: ${file} cannot be read (${codeOf(error)})`] };
  }
}

/** As `readProviders`, with problems that name the file as well. */
export function readProvidersText(file: string, text: string, production: boolean): ProvidersReading {
  const reading = readProviders(text, production);
  if (reading.ok) return reading;
  return { ok: false, problems: reading.problems.map((problem) => `PROVIDERS_FILE: ${file}: ${problem}`) };
}

/** The one provider of a system that was given none, in development: a signed mock. */
export function mockProvider(secret: string, baseUrl: string | undefined): Providers {
  const account: Account = { kind: "mock", secret, ...(baseUrl === undefined ? {} : { baseUrl }) };
  return new Map([["mock", account]]);
}

export class ProvidersError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("; "));
    this.name = "ProvidersError";
    this.problems = problems;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
