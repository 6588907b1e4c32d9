export type RawBytes = { readonly length: number; readonly text: string };

/** Base64 as a person can read it: as text when it is text, else as hexadecimal bytes. */
export function readRaw(base64: string): RawBytes {
  const bytes = Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0);
  try {
    return { length: bytes.length, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { length: bytes.length, text: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ") };
  }
}
