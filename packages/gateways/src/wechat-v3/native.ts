import { type Decimal, toMinor } from "@zhanggui/domain";

/** What both of WeChat's Native (扫码) APIs, v2 and v3, say alike. */

/** Amounts have at most two decimals; what has more is not sent, as rounding it would be silent. */
export function fenOf(amount: Decimal): number | undefined {
  const fen = toMinor(amount);
  return Number.isSafeInteger(fen) && fen > 0 ? fen : undefined;
}

const beijingOffsetMs = 8 * 60 * 60 * 1000;

/** `yyyy-MM-ddTHH:mm:ss` of Beijing, never later than the time itself. */
export function beijingTimeOf(time: Date): string {
  return new Date(time.getTime() + beijingOffsetMs).toISOString().slice(0, 19);
}

/** WeChat does not fix the form of a `code_url`; a script or a file is none. */
export function isScannable(text: string): boolean {
  return /^(?:weixin|https):$/.test(URL.parse(text)?.protocol ?? "");
}

/**
 * The beginning of a text in at most so many bytes of UTF-8, no character cut in two and none that XML cannot hold. The
 * same for the same text, as a call that is repeated must say the same.
 */
export function cutToBytes(text: string, maximumBytes: number): string {
  let [cut, bytes] = ["", 0];
  for (const character of text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\ufffe\uffff]/gu, " ")
    .trim()) {
    bytes += Buffer.byteLength(character);
    if (bytes > maximumBytes) break;
    cut += character;
  }
  return cut.trimEnd();
}
