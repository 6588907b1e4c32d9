import { encode } from "./charset.ts";

/** Parameters undecoded: one character stands for one byte, because the charset is one of the parameters. */
export type ByteFields = ReadonlyMap<string, string>;

const brokenEscape = /%(?![0-9A-Fa-f]{2})/;
const plainByte = /[A-Za-z0-9._*-]/;
const maximumFields = 200;

/** Reads a query string or a form into bytes. `undefined` for broken escapes, repeated names, or too many of them. */
export function readForm(text: string): ByteFields | undefined {
  const fields = new Map<string, string>();
  const pairs = text.split("&", maximumFields + 1).filter((pair) => pair !== "");
  if (pairs.length > maximumFields) return undefined;
  for (const pair of pairs) {
    if (brokenEscape.test(pair)) return undefined;
    const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    if (fields.has(unescape(name))) return undefined;
    fields.set(unescape(name), unescape(value));
  }
  return fields;
}

/** Writes a form of a charset. */
export function formOf(fields: Readonly<Record<string, string>>, charset: string): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${escape(encode(value, charset))}`)
    .join("&");
}

function unescape(text: string): string {
  return text
    .replaceAll("+", " ")
    .replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function escape(bytes: Buffer): string {
  return [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return plainByte.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}
