/**
 * Reads canonical base64. `undefined` for what Node would let pass: foreign characters, missing padding, and spare bits
 * in the last character, which give one signature several spellings.
 */
export function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.length > 0 && bytes.toString("base64") === text ? bytes : undefined;
}
