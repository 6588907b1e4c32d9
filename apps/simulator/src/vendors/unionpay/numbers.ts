import { randomInt } from "node:crypto";

import { beijingText } from "./beijing-time.ts";

const shape = /^\d{14}(\d{6})\d$/;

/** A 查询流水号: 21 digits, the time in Beijing, the 系统跟踪号 of six digits, and one more. */
export function newQueryId(at: Date): string {
  return `${beijingText(at)}${String(randomInt(10 ** 7)).padStart(7, "0")}`;
}

/** The 系统跟踪号 inside of a number; one that a script has chosen holds none. */
export function traceNoOf(queryId: string): string {
  return shape.exec(queryId)?.[1] ?? "000000";
}
