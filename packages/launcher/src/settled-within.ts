/** Waits until the work has ended, well or badly, but not for ever. */
export function settledWithin(work: Promise<unknown>, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, limitMs);
    const settle = () => {
      clearTimeout(limit);
      resolve();
    };
    work.then(settle, settle);
  });
}
