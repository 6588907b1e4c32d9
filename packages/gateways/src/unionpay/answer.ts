import { type FormBytes, fieldName, maximumFields } from "./form.ts";

const [ampersand, opening, closing] = [...Buffer.from("&{}")];
const maximumNameLength = 64;

/**
 * Reads the answer to a call: `name=value` joined with `&`, nothing escaped, so that a value in braces may hold both
 * signs (UnionPay SDK, PHP `parseQString`). `undefined` for repeated or strange names and braces that do not close.
 */
export function readAnswer(body: Uint8Array): FormBytes | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const fields = new Map<string, Buffer>();
  for (let at = 0; at <= bytes.length;) {
    const equals = bytes.indexOf("=", at);
    if (equals === -1 || equals - at > maximumNameLength || fields.size === maximumFields) return undefined;
    const name = bytes.toString("latin1", at, equals);
    const end = endOfValue(bytes, equals + 1);
    if (end === undefined || !fieldName.test(name) || fields.has(name)) return undefined;
    fields.set(name, bytes.subarray(equals + 1, end));
    at = end + 1;
  }
  return fields;
}

/** Where the value that begins at `start` ends: before the next `&`, or after the brace that closes its first byte. */
function endOfValue(bytes: Buffer, start: number): number | undefined {
  if (bytes[start] !== opening) {
    const next = bytes.indexOf("&", start);
    return next === -1 ? bytes.length : next;
  }
  let depth = 0;
  for (let at = start; at < bytes.length; at += 1) {
    if (bytes[at] === opening) depth += 1;
    if (bytes[at] === closing) depth -= 1;
    if (depth === 0) return at + 1 === bytes.length || bytes[at + 1] === ampersand ? at + 1 : undefined;
  }
  return undefined;
}
