export type Closing = { readonly name: string; readonly close: () => Promise<void> | void };

/** What was opened, to be closed in the opposite order. */
export type Closings = {
  readonly add: (name: string, close: Closing["close"]) => void;
  readonly closeAll: () => Promise<void>;
};

/** One that will not close is reported and does not keep the others open. */
export function createClosings(report: (sentence: string) => void): Closings {
  const closings: Closing[] = [];
  return {
    add: (name, close) => void closings.push({ name, close }),
    closeAll: async () => {
      for (const { name, close } of closings.toReversed()) {
        try {
          await close();
        } catch (error) {
          report(`Could not stop ${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    },
  };
}
