import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { ConfigurationError } from "@zhanggui/runtime";

import { type Script, scriptSchema } from "./script.ts";

const ownDirectory = fileURLToPath(new URL("../../scripts/", import.meta.url));
const extension = ".json";
const maximumFiles = 200;

/** By name, in the order of their files. */
export type Scripts = ReadonlyMap<string, Script>;

/**
 * Reads every script of a directory.
 *
 * @throws ConfigurationError that names the file and the place of each mistake.
 */
export function readScripts(directory: string = ownDirectory): Scripts {
  const files = readdirSync(directory).filter((file) => file.endsWith(extension));
  if (files.length > maximumFiles) throw new ConfigurationError([`${directory}: holds over ${maximumFiles} scripts`]);
  const readings = files.toSorted().map((file) => readScript(join(directory, file)));
  const problems = readings.flatMap((reading) => (reading.ok ? [] : reading.problems));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return new Map(readings.flatMap((reading) => (reading.ok ? [[reading.script.name, reading.script]] : [])));
}

type Reading =
  | { readonly ok: true; readonly script: Script }
  | { readonly ok: false; readonly problems: readonly string[] };

function readScript(path: string): Reading {
  const name = basename(path, extension);
  const place = `scripts/${name}${extension}`;
  const value = jsonOf(path);
  if (value === undefined) return { ok: false, problems: [`${place}: is not JSON`] };
  const parsed = scriptSchema.safeParse(value);
  if (!parsed.success) {
    const { issues } = parsed.error;
    return {
      ok: false,
      problems: issues.map((issue) => `${place}: ${issue.path.join(".") || "file"}: ${issue.message}`),
    };
  }
  return parsed.data.name === name
    ? { ok: true, script: parsed.data }
    : { ok: false, problems: [`${place}: name: must be the file's, ${name}`] };
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
