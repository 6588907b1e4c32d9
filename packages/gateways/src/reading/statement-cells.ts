import { Decimal, toMinor } from "@zhanggui/domain";

import type { StatementEntry } from "../statement-format.ts";

/** What is wrong with a line; the caller knows which line it is. */
export class UnreadableLine extends Error {
  constructor(why: string) {
    super(why);
    this.name = "UnreadableLine";
  }
}

const amountText = /^-?\d{1,12}(?:\.\d{1,3})?$/;
const feeText = /^-?\d{1,12}(?:\.\d{1,5})?$/;
const longestShown = 40;

/**
 * Hundredths of an amount in main units, without its sign: a refund is one by its type.
 *
 * @throws UnreadableLine for anything else, also for a fraction of a hundredth.
 */
export function minorOf(text: string, what = "amount"): number {
  const plain = text.replaceAll(/[¥,]/g, "");
  const minor = amountText.test(plain) ? toMinor(new Decimal(plain).abs()) : NaN;
  if (!Number.isSafeInteger(minor)) throw new UnreadableLine(`${what} ${shown(text)} is no amount`);
  return minor;
}

/** A fee with its sign as `sign` says it; nothing for an empty cell. */
export function feeOf(text: string, sign: 1 | -1 = 1): { readonly fee?: string } {
  if (text === "") return {};
  if (!feeText.test(text)) throw new UnreadableLine(`fee ${shown(text)} is no amount`);
  const fee = new Decimal(text).times(sign);
  return { fee: fee.isZero() ? "0" : fee.toFixed() };
}

/** Numbers of gateways and ours: printable ASCII. */
const idText = /^[\x21-\x7e]{1,128}$/;

/** @throws UnreadableLine unless it is a number that somebody may have given. */
export function idOf(text: string, what: string): string {
  if (idText.test(text)) return text;
  throw new UnreadableLine(text === "" ? `${what} is empty` : `${what} ${shown(text)} is no number`);
}

/** The same for a number that may be missing. */
export function optionalId<Name extends string>(name: Name, text: string): { readonly [N in Name]?: string } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript widens a computed name.
  return (text === "" ? {} : { [name]: idOf(text, name) }) as { readonly [N in Name]?: string };
}

/** @throws UnreadableLine when the reader that was tried has read nothing. */
export function timeOf(text: string, readers: readonly ((text: string) => Date | undefined)[]): Date {
  for (const read of readers) {
    const time = read(text);
    if (time !== undefined) return time;
  }
  throw new UnreadableLine(`time ${shown(text)} is none`);
}

/** @throws UnreadableLine unless it is an ISO 4217 code. */
export function currencyOf(text: string): string {
  const code = text.toUpperCase();
  if (/^[A-Z]{3}$/.test(code)) return code;
  throw new UnreadableLine(`currency ${shown(text)} is none`);
}

/** A gateway's own word, short and without anything that a terminal would choke on. */
export function wordOf(text: string): string {
  return text.replaceAll(/\p{C}/gu, "").slice(0, 64);
}

export function shown(text: string): string {
  return JSON.stringify(text.slice(0, longestShown));
}

/** Reads one line; what is wrong with it becomes an entry of its own. Anything else that is thrown is a bug. */
export function entryOf(number: number, read: () => StatementEntry): StatementEntry {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableLine) return { kind: "unreadable", number, why: error.message };
    throw error;
  }
}
