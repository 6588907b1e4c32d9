/** Waits for `work`, but no longer than until the signal: what is still under way then is for the closings to end. */
export function orStopped<Result>(stop: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abandon = () => reject(stop.reason);
    if (stop.aborted) abandon();
    stop.addEventListener("abort", abandon, { once: true });
    work.then(resolve, reject).finally(() => stop.removeEventListener("abort", abandon));
  });
}
