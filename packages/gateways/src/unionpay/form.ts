/** Form fields as the bytes that were escaped: a GBK text signs other bytes than the same text in UTF-8. */
export type FormBytes = ReadonlyMap<string, Buffer>;

export const maximumFields = 200;
const printable = /^[\x21-\x7e]*$/;
export const fieldName = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const wellEscaped = /^(?:[^%]|%[0-9A-Fa-f]{2})*$/;
const encodings: ReadonlySet<string> = new Set(["utf-8", "gbk"]);

/** Reads a form once and strictly. `undefined` for repeated or escaped names, broken escapes and unescaped bytes. */
export function readFormBytes(body: Uint8Array): FormBytes | undefined {
  const text = Buffer.from(body).toString("latin1");
  const pairs = text.split("&", maximumFields + 1);
  if (!printable.test(text) || pairs.length > maximumFields) return undefined;

  const form = new Map<string, Buffer>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, Math.max(at, 0));
    const value = pair.slice(at + 1);
    if (!fieldName.test(name) || !wellEscaped.test(value) || form.has(name)) return undefined;
    form.set(name, bytesOf(value));
  }
  return form;
}

function bytesOf(value: string): Buffer {
  const raw = value
    .replaceAll("+", " ")
    .replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(raw, "latin1");
}

/** The fields as text, by the charset that the message's own `encoding` names; empty ones are absent. */
export function decodeForm(form: FormBytes): ReadonlyMap<string, string> | undefined {
  const encoding = form.get("encoding")?.toString("latin1").toLowerCase() ?? "";
  if (!encodings.has(encoding)) return undefined;
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  try {
    return new Map(
      [...form].filter(([, bytes]) => bytes.length > 0).map(([name, bytes]) => [name, decoder.decode(bytes)]),
    );
  } catch {
    return undefined;
  }
}
