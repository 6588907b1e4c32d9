import { randomInt } from "node:crypto";

import { v7 } from "uuid";

export type IdPrefix = "ord" | "pay" | "cb" | "exc" | "ref" | "rep" | "rec" | "msg";

/** Opaque text that grows with time, so that newest-first lists read an index backwards. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${v7().replaceAll("-", "")}`;
}

/** Crockford's base 32: no letters that people mistake for digits. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

function randomText(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

function dayOf(now: Date): string {
  return now.toISOString().slice(0, 10).replaceAll("-", "");
}

/** An order's number as people read it out: the UTC day, then enough chance that it is guessed by nobody. */
export function newOrderNumber(now: Date): string {
  return `${dayOf(now)}${randomText(12)}`;
}

/**
 * The number under which a gateway knows one attempt, unique for ever: 8–32 letters and digits, which is what the
 * strictest gateway (UnionPay) takes.
 */
export function newOutTradeNo(now: Date): string {
  return `P${dayOf(now)}${randomText(16)}`;
}

/** The number under which a gateway knows one refund, unique for ever, of the same letters. */
export function newOutRefundNo(): string {
  return `R${randomText(24)}`;
}
