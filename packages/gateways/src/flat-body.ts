import { mediaTypeOf } from "./reading/media-type.ts";

/** Field names that mean something to JavaScript objects; no gateway sends them. */
const poisoned: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

const maximumFields = 200;

const jsonString = /"(?:[^"\\]|\\.)*"/gs;

/**
 * Reads a form or JSON body of text values into a map. `undefined` for everything that two parsers could read in two
 * ways: repeated names, nesting, numbers, broken escapes, bytes that are not UTF-8.
 */
export function readFlatBody(
  contentType: string | undefined,
  body: Uint8Array,
): ReadonlyMap<string, string> | undefined {
  const text = decodeUtf8(body);
  if (text === undefined) return undefined;
  const fields = isJson(contentType) ? readFlatJson(text) : readForm(text);
  return fields && fields.size <= maximumFields && [...fields].every(isHarmless) ? fields : undefined;
}

/** Whether the media type is one that `readFlatBody` reads. */
export function isFlatMediaType(contentType: string | undefined): boolean {
  return isJson(contentType) || mediaTypeOf(contentType) === "application/x-www-form-urlencoded";
}

function isJson(contentType: string | undefined): boolean {
  return mediaTypeOf(contentType) === "application/json";
}

function isHarmless([name, value]: readonly [string, string]): boolean {
  return name !== "" && !poisoned.has(name) && isStorable(name) && isStorable(value);
}

/** Lone surrogates and NUL have no place in PostgreSQL's text, nor in any gateway's fields. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function decodeUtf8(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** JSON keeps only the last of repeated names, so the strings in the text are counted: two for each name. */
export function readFlatJson(text: string): ReadonlyMap<string, string> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;

  const fields = new Map<string, string>();
  for (const [name, field] of Object.entries(value)) {
    if (typeof field !== "string") return undefined;
    fields.set(name, field);
  }
  return text.match(jsonString)?.length === 2 * fields.size || fields.size === 0 ? fields : undefined;
}

/** A form parsed once and strictly; `URLSearchParams` would let broken escapes and repeated names through. */
function readForm(text: string): ReadonlyMap<string, string> | undefined {
  const fields = new Map<string, string>();
  if (text === "") return fields;
  for (const pair of text.split("&")) {
    const [rawName, rawValue] = splitOnce(pair);
    const name = decodeComponent(rawName);
    const value = decodeComponent(rawValue);
    if (name === undefined || value === undefined || fields.has(name)) return undefined;
    fields.set(name, value);
  }
  return fields;
}

function splitOnce(pair: string): readonly [string, string] {
  const at = pair.indexOf("=");
  return at === -1 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}

function decodeComponent(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
