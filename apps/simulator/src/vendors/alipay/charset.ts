import iconv from "iconv-lite";

/** What a request may be written in, and so its answer and its notices (opendocs.alipay.com, 公共请求参数). */
const charsets: ReadonlyMap<string, string> = new Map([
  ["utf-8", "utf-8"],
  ["utf8", "utf-8"],
  ["gbk", "gbk"],
  ["gb2312", "gbk"],
]);

/** The name that is understood here; `undefined` for a charset that Alipay does not take. */
export function readCharset(name: string): string | undefined {
  return charsets.get(name.toLowerCase());
}

export function encode(text: string, charset: string): Buffer {
  return iconv.encode(text, charset);
}

/** Bytes that are none of the charset become U+FFFD. */
export function decode(bytes: Buffer, charset: string): string {
  return iconv.decode(bytes, charset);
}
