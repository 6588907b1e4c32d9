const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/gs;

/**
 * Reads bytes as JSON that two parsers would read alike. `undefined` for bytes that are not UTF-8, text that is not
 * JSON, and names repeated in one object, of which JavaScript keeps the last and others the first. A byte-order mark is
 * let pass here: the signature was checked with it in.
 */
export function readStrictJson(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    const value: unknown = JSON.parse(text);
    return repeatsAName(text) ? undefined : value;
  } catch {
    return undefined;
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

const byteOrderMark = "\uFEFF";

/** The same for bytes that must hold one object, and nothing before it. */
export function readJsonObject(body: Uint8Array): JsonObject | undefined {
  if (Buffer.from(body.subarray(0, 3)).toString("utf8") === byteOrderMark) return undefined;
  const value = readStrictJson(body);
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of text that is JSON: a string right after `{`, or after `,` within an object, is a name. */
function repeatsAName(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let previous = "";
  for (const [token] of text.matchAll(tokens)) {
    const names = open.at(-1);
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (names !== undefined && token.startsWith('"') && (previous === "{" || previous === ",")) {
      const name = String(JSON.parse(token));
      if (names.has(name)) return true;
      names.add(name);
    }
    previous = token;
  }
  return false;
}
