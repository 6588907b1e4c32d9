/** How long after one query of an open attempt the next one follows, by how long the attempt has been going. */
const pollSeconds = [10, 30, 60, 120, 300, 600] as const;
/** When an attempt that ended here and not there is asked about, counted from its end. Then a person knows of it. */
const followUpSeconds = [60, 600, 3_600, 86_400] as const;
/** Attempts that started together must not be asked about together. */
const jitterShare = 0.2;
/** From a provider whose callbacks do not come, everything is learnt by asking. */
const silentDivisor = 3;
const shortestPollSeconds = 5;

export const firstQueryInSeconds = pollSeconds[0];
export const firstFollowUpInSeconds = followUpSeconds[0];

export type Polling = {
  /** Since the attempt was started. */
  readonly ageSeconds: number;
  readonly isSilent: boolean;
};

/** Seconds until an open attempt is asked about again: 10, 30, 60, … up to 600, shorter while its provider is silent. */
export function pollInSeconds({ ageSeconds, isSilent }: Polling, random: () => number = Math.random): number {
  const seconds = stepAt(ageSeconds) * (1 + random() * jitterShare);
  return isSilent ? Math.max(shortestPollSeconds, seconds / silentDivisor) : seconds;
}

/** The ladder's steps stand on each other: the second begins where the first has ended. */
function stepAt(ageSeconds: number): number {
  let begins = 0;
  let current: number = pollSeconds[0];
  for (const step of pollSeconds) {
    if (ageSeconds < begins) break;
    current = step;
    begins += step;
  }
  return current;
}

/** Seconds until an attempt that ended here so long ago is asked about again; `undefined` when it was for the last time. */
export function followUpInSeconds(endedSeconds: number): number | undefined {
  const next = followUpSeconds.find((at) => at > endedSeconds);
  return next === undefined ? undefined : next - endedSeconds;
}
