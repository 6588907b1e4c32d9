import { randomInt } from "node:crypto";

import { shanghaiDay } from "../../shanghai.ts";

/** The product code that Alipay's trade numbers carry after the day. */
const product = "22001";

/** 28 digits that begin with the day; 15 random ones a day keep it unique. */
export function newTradeNo(at: Date): string {
  return `${shanghaiDay(at).replaceAll("-", "")}${product}${randomDigits(8)}${randomDigits(7)}`;
}

/** Alipay's refunds have no number of their own; this one never leaves the simulator. */
export function newRefundId(at: Date): string {
  return newTradeNo(at);
}

function randomDigits(count: number): string {
  return String(randomInt(10 ** count)).padStart(count, "0");
}
