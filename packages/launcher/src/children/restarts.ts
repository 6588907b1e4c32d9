const windowMs = 60_000;
const maximumRestarts = 10;

/** Says whether one more restart is still mending, or the thing is broken: more than ten within a minute. */
export function createRestartLimit(now: () => number): { readonly allows: () => boolean } {
  let times: readonly number[] = [];
  return {
    allows: () => {
      const time = now();
      times = [...times.filter((earlier) => time - earlier < windowMs), time];
      return times.length <= maximumRestarts;
    },
  };
}
