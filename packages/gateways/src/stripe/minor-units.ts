import { Decimal } from "@zhanggui/domain";

/** Currencies that Stripe counts whole, and in thousandths (docs.stripe.com/currencies); all others have cents. */
const whole: ReadonlySet<string> = new Set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" "));
const thousandths: ReadonlySet<string> = new Set(["BHD", "JOD", "KWD", "OMR", "TND"]);
/** Written with cents for old times' sake, though there are none. */
const wholeInCents: ReadonlySet<string> = new Set(["ISK", "UGX"]);
/** Stripe takes at most eight digits. */
const largest = 99_999_999;

/** Stripe's integer for an amount. `undefined` when the currency cannot express it exactly, or Stripe will not take it. */
export function stripeMinor(amount: Decimal, currency: string): number | undefined {
  if (!/^[A-Z]{3}$/.test(currency)) return undefined;
  const minor = amount.times(new Decimal(10).pow(decimalsOf(currency)));
  const step = thousandths.has(currency) ? 10 : wholeInCents.has(currency) ? 100 : 1;
  if (!minor.dividedBy(step).isInteger() || minor.lessThan(1) || minor.greaterThan(largest)) return undefined;
  return minor.toNumber();
}

/** The amount of Stripe's integer, which may be negative, in the currency's main unit. */
export function stripeAmount(minor: number, currency: string): Decimal {
  return new Decimal(minor).dividedBy(new Decimal(10).pow(decimalsOf(currency)));
}

/** How many decimals Stripe counts in a currency, an upper-case ISO code. */
export function decimalsOf(currency: string): number {
  if (whole.has(currency)) return 0;
  return thousandths.has(currency) ? 3 : 2;
}
