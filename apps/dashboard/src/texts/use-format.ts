import { usePreferences } from "./preferences.ts";

export type Format = {
  /** Yuan text as the api gives it, never through a floating point number. */
  readonly money: (amount: string, currency?: string) => string;
  readonly count: (count: number) => string;
  /** A share between 0 and 1. */
  readonly percent: (share: number) => string;
  /** An instant in the browser's own time zone. */
  readonly time: (instant: string) => string;
};

const tags = { zh: "zh-CN", en: "en-GB" } as const;

/** Numbers, money and times as the chosen language writes them. */
export function useFormat(): Format {
  const tag = tags[usePreferences().language];
  return {
    money: (amount, currency = "CNY") =>
      new Intl.NumberFormat(tag, { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Decimal text is formatted exactly; the api sends nothing else.
        amount as Intl.StringNumericLiteral,
      ),
    count: (count) => new Intl.NumberFormat(tag).format(count),
    percent: (share) => new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 1 }).format(share),
    time: (instant) =>
      new Intl.DateTimeFormat(tag, {
        year: "numeric",
        month: "2-digit",
        day: "2-digit",
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
        hourCycle: "h23",
      }).format(new Date(instant)),
  };
}
