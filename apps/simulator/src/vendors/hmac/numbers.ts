import { randomInt } from "node:crypto";

import { shanghaiDay } from "../../shanghai.ts";

const prefix = "4200";
const refundPrefix = "5030";

/** Looks like WeChat's: 28 digits with the day inside; 16 random digits a day keep it unique. */
export function newTransactionId(at: Date): string {
  return numberLike(prefix, at);
}

export function newRefundId(at: Date): string {
  return numberLike(refundPrefix, at);
}

function numberLike(start: string, at: Date): string {
  return `${start}${randomDigits(6)}${shanghaiDay(at).replaceAll("-", "")}${randomDigits(10)}`;
}

function randomDigits(count: number): string {
  return String(randomInt(10 ** count)).padStart(count, "0");
}
