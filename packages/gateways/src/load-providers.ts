import { readFile } from "node:fs/promises";

import { type Providers, readProviders } from "./providers.ts";
import type { Account } from "./registry.ts";

/** Reads `PROVIDERS_FILE`. Throws an error whose `problems` name what is wrong and where, never a value. */
export async function loadProviders(file: string, production: boolean): Promise<Providers> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new ProvidersError([`PROVIDERS_FILE: ${file} cannot be read (${codeOf(error)})`]);
  }
  const reading = readProviders(text, production);
  if (!reading.ok) throw new ProvidersError(reading.problems.map((problem) => `PROVIDERS_FILE: ${file}: ${problem}`));
  return reading.providers;
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
