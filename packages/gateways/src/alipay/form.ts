const maximumFields = 200;
const fieldName = /^[A-Za-z0-9_.-]{1,64}$/;
const brokenEscape = /%(?![0-9A-Fa-f]{2})/;

/**
 * The charsets a notice may name in its `charset` parameter: the one its request was made with, utf-8 or GBK
 * (opendocs.alipay.com, 异步通知说明). A map, because the name comes from outside.
 */
const charsets: ReadonlyMap<string, string> = new Map([
  ["utf-8", "utf-8"],
  ["utf8", "utf-8"],
  ["gbk", "gbk"],
  ["gb2312", "gbk"],
  ["gb18030", "gb18030"],
]);
const defaultCharset = "utf-8";

/** The fields of a form, undecoded: one character stands for one byte, whatever charset the bytes are in. */
export type ByteFields = ReadonlyMap<string, string>;

/**
 * Parses a form into bytes, exactly once: `passback_params` keeps one level of escapes of its own, and a second decoding
 * is what breaks `checkNotifySign` of alipay-sdk. `undefined` for repeated or odd names and broken escapes.
 */
export function readFormBytes(body: Uint8Array): ByteFields | undefined {
  const fields = new Map<string, string>();
  const pairs = Buffer.from(body)
    .toString("latin1")
    .split("&", maximumFields + 1);
  if (pairs.length > maximumFields) return undefined;
  for (const pair of pairs) {
    const [, rawName = "", rawValue = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    const name = unescapeBytes(rawName);
    const value = unescapeBytes(rawValue);
    if (name === undefined || value === undefined || !fieldName.test(name) || fields.has(name)) return undefined;
    fields.set(name, value);
  }
  return fields;
}

/**
 * The fields as text in the notice's own charset; an empty value is an absent one from here on. `undefined` for an
 * unknown charset or bytes that are none of it.
 */
export function decodeFields(bytes: ByteFields): ReadonlyMap<string, string> | undefined {
  const charset = charsets.get((bytes.get("charset") || defaultCharset).toLowerCase());
  if (charset === undefined) return undefined;
  const decoder = new TextDecoder(charset, { fatal: true, ignoreBOM: true });
  try {
    const named = [...bytes].filter(([, value]) => value !== "");
    return new Map(named.map(([name, value]) => [name, decoder.decode(Buffer.from(value, "latin1"))]));
  } catch {
    return undefined;
  }
}

function unescapeBytes(text: string): string | undefined {
  if (brokenEscape.test(text)) return undefined;
  return text
    .replaceAll("+", " ")
    .replaceAll(/%(..)/gs, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
