export type JsonObject = Readonly<Record<string, unknown>>;

/** Every string of a JSON text; with a colon after it, it is a member's name. */
const stringAndColon = /"(?:[^"\\]|\\.)*"(\s*:)?/gs;

/**
 * Reads a JSON object from bytes. `undefined` for bytes that are not UTF-8 and for repeated names, of which
 * `JSON.parse` keeps the last and other parsers the first.
 */
export function readJsonObject(bytes: Uint8Array): JsonObject | undefined {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isObject(value) && membersOf(value) === namesIn(text) ? value : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function namesIn(text: string): number {
  return [...text.matchAll(stringAndColon)].filter(([, colon]) => colon !== undefined).length;
}

function membersOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const children = Object.values(value).reduce((sum: number, child) => sum + membersOf(child), 0);
  return Array.isArray(value) ? children : children + Object.keys(value).length;
}
