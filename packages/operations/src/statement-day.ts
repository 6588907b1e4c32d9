import type { StatementFormat } from "@zhanggui/gateways";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

export type DayFormat = Pick<StatementFormat<never>, "dayBeginsMinutesBeforeUtc" | "slackMinutes">;

/** A gateway's day as moments, and the names of its neighbours. */
export type StatementDay = {
  readonly day: string;
  readonly dayBefore: string;
  readonly dayAfter: string;
  readonly from: Date;
  readonly to: Date;
  readonly slackMinutes: number;
};

/** `undefined` for text that is not a day of the calendar as `yyyy-mm-dd`. */
export function statementDay(day: string, format: DayFormat): StatementDay | undefined {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(midnight) || nameOf(midnight) !== day) return undefined;
  const from = midnight - format.dayBeginsMinutesBeforeUtc * minuteMs;
  return {
    day,
    dayBefore: nameOf(midnight - dayMs),
    dayAfter: nameOf(midnight + dayMs),
    from: new Date(from),
    to: new Date(from + dayMs),
    slackMinutes: format.slackMinutes,
  };
}

/** The gateway's day in which a moment lies. */
export function dayAt(now: Date, { dayBeginsMinutesBeforeUtc }: DayFormat): string {
  return nameOf(now.getTime() + dayBeginsMinutesBeforeUtc * minuteMs);
}

/** The day that is over for the gateway. */
export function dayBefore(now: Date, format: DayFormat): string {
  return dayAt(new Date(now.getTime() - dayMs), format);
}

function nameOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
