export type Spread = { readonly p50: number; readonly p99: number; readonly max: number };

/** Nearest rank: each of the three is a value that was measured. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (share: number) => round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function perSecond(count: number, durationMs: number): number {
  return round((count * 1_000) / durationMs);
}
