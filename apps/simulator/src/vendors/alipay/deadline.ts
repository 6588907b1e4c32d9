import { shanghaiDay } from "../../shanghai.ts";
import { readBeijingText } from "./beijing.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const unitMs: Readonly<Record<string, number>> = { m: minuteMs, h: 60 * minuteMs, d: dayMs };
const span = /^([1-9]\d{0,4})([mhd])$/;
const longestMs = 15 * dayMs;

export type DeadlineWords = {
  /** `yyyy-MM-dd HH:mm:ss`; goes before the span. */
  readonly time_expire?: string | undefined;
  /** `90m`, `2h`, `1d`, or `1c` for the end of the day. */
  readonly timeout_express?: string | undefined;
};

/** Until when the buyer may pay: 15 days where nothing is said. `undefined` when it cannot be read or is over. */
export function readDeadline({ time_expire, timeout_express }: DeadlineWords, now: Date): Date | undefined {
  if (time_expire !== undefined) {
    const deadline = readBeijingText(time_expire);
    return deadline && deadline > now ? deadline : undefined;
  }
  if (timeout_express === undefined) return new Date(now.getTime() + longestMs);
  if (timeout_express === "1c") return new Date(Date.parse(`${shanghaiDay(now)}T00:00:00+08:00`) + dayMs);
  const [, count, unit = ""] = span.exec(timeout_express) ?? [];
  const ms = Number(count) * (unitMs[unit] ?? Number.NaN);
  return ms <= longestMs ? new Date(now.getTime() + ms) : undefined;
}
