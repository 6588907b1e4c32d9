/** What is answered, as Stripe names it. */
export type StripeObject = Readonly<Record<string, unknown>>;

/** Unix seconds of an ISO instant. */
export function secondsOf(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}
