const unixSeconds = /^[1-9][0-9]{0,11}$/;

/**
 * Whether a signing time is within the tolerance of now, in both directions; no tolerance switches the check off, zero
 * asks for the same second. (stripe-node lets every future stamp through, and zero turns its check off.)
 */
export function freshnessOf(timestamp: string, now: Date, toleranceSeconds: number): "fresh" | "stale" | "malformed" {
  if (!unixSeconds.test(timestamp)) return "malformed";
  const ageSeconds = Math.abs(Math.floor(now.getTime() / 1000) - Number(timestamp));
  return ageSeconds <= toleranceSeconds ? "fresh" : "stale";
}
