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
