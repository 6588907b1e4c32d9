/** A gateway must stop taking money this long before we do, where the order lives long enough. */
const longestMarginMs = 60_000;
const marginShare = 0.1;

/**
 * When the gateway is told to refuse the buyer: ahead of our own deadline by a tenth of what is left, at most a minute.
 */
export function gatewayDeadline(now: Date, expiresAt: Date): Date {
  const leftMs = Math.max(0, expiresAt.getTime() - now.getTime());
  return new Date(expiresAt.getTime() - Math.min(longestMarginMs, leftMs * marginShare));
}
