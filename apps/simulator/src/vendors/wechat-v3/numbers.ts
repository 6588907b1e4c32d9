import { randomInt } from "node:crypto";

import { shanghaiDay } from "../../shanghai.ts";

/** 28 digits with the day of Beijing inside, such as `4200001234202611221234567890`. */
export function newTransactionId(at: Date): string {
  return `4200${randomDigits(6)}${compactDay(at)}${randomDigits(10)}`;
}

/** 29 digits with the day inside, such as `50300508332026112236558613462`. */
export function newRefundId(at: Date): string {
  return `5030${randomDigits(6)}${compactDay(at)}${randomDigits(11)}`;
}

function compactDay(at: Date): string {
  return shanghaiDay(at).replaceAll("-", "");
}

function randomDigits(count: number): string {
  return String(randomInt(10 ** count)).padStart(count, "0");
}
