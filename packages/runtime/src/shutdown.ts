import type { Logger } from "./logger.ts";

/** One thing to close. They are closed one after the other, in the given order. */
export type Closing = { readonly name: string; readonly close: () => Promise<unknown> };

/** After this the process leaves whatever still hangs; the queue's stall recovery takes it up. */
const defaultLimitMs = 8_000;

/**
 * Stops the process on SIGINT, SIGTERM, or when the parent that started it is gone: closes everything in order, within
 * a limit, and exits 0; exits 1 when the limit was reached or something would not close.
 */
export function stopOnSignal(logger: Logger, closings: readonly Closing[], limitMs = defaultLimitMs): void {
  let stopping = false;
  const stop = (why: string) => {
    if (stopping) return;
    stopping = true;
    logger.info({ why }, "stopping");
    const limit = setTimeout(() => {
      logger.error({ limitMs }, "did not stop in time");
      process.exit(1);
    }, limitMs);
    limit.unref();
    void closeAll(logger, closings).then((clean) => process.exit(clean ? 0 : 1));
  };
  process.once("SIGINT", () => stop("SIGINT"));
  process.once("SIGTERM", () => stop("SIGTERM"));
  process.once("disconnect", () => stop("the parent process is gone"));
  // A parent that died before this line will never be heard to.
  if (process.send !== undefined && !process.connected) stop("the parent process is gone");
}

async function closeAll(logger: Logger, closings: readonly Closing[]): Promise<boolean> {
  let clean = true;
  for (const { name, close } of closings) {
    try {
      await close();
    } catch (error) {
      clean = false;
      logger.error({ err: error, closing: name }, "could not close");
    }
  }
  return clean;
}

/** Runs a process's main function; a set-up mistake is printed as plain sentences and exits 1. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("problems" in error && Array.isArray(error.problems)) {
    return ["The configuration is wrong:", ...error.problems.map((problem) => `  ${String(problem)}`)].join("\n");
  }
  return error.name === "Error" ? error.message : (error.stack ?? error.message);
}
