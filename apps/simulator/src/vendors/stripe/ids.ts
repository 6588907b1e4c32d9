import { createHash, randomInt } from "node:crypto";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idLength = 24;
const sessionLength = 58;

/** `pi_` and 24 characters of base62. */
export function newId(prefix: string): string {
  return `${prefix}_${randomText(idLength)}`;
}

/** `cs_test_` and 58 characters, as long as Stripe's. */
export function newSessionId(livemode: boolean): string {
  return `cs_${livemode ? "live" : "test"}_${randomText(sessionLength)}`;
}

/** The same id for the same parts, always: a charge of its intent, an event of what it tells. */
export function idOf(prefix: string, ...parts: readonly string[]): string {
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest();
  const text = Array.from(digest.subarray(0, idLength), (byte) => alphabet[byte % alphabet.length] ?? "").join("");
  return `${prefix}_${text}`;
}

function randomText(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)] ?? "").join("");
}
