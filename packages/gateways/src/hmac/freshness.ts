const freshnessSeconds = 300;
const unixSeconds = /^[0-9]{1,12}$/;

/** Whether an optional `timestamp` in unix seconds is within five minutes of now, either way (contract). */
export function freshnessOf(timestamp: string | undefined, now: Date): "fresh" | "stale" | "malformed" {
  if (timestamp === undefined || timestamp === "") return "fresh";
  if (!unixSeconds.test(timestamp)) return "malformed";
  return Math.abs(now.getTime() / 1000 - Number(timestamp)) <= freshnessSeconds ? "fresh" : "stale";
}
