/** Lets so many tasks run at once and keeps the others waiting in order. */
export type Gate = { readonly run: <T>(task: () => Promise<T>) => Promise<T> };

export function openGate(places: number): Gate {
  const waiting: (() => void)[] = [];
  let free = places;

  async function enter(): Promise<void> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }

  return {
    async run(task) {
      await enter();
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
}
