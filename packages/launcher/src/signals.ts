import { whenNpxIsGone } from "./npx-watch.ts";

/** A terminal that is closed is a wish to stop, too. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The contract gives stopping 10 s; what hangs is left to die with us. */
const stopLimitMs = 9_500;

/**
 * Aborts at the first signal, or when nobody is left who would send one. Later ones change nothing: stopping is under
 * way, and it is bounded.
 */
export function abortOnSignal(host: Pick<NodeJS.Process, "on" | "exit" | "stderr">): AbortSignal {
  const stop = new AbortController();
  const abort = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    const leave = () => {
      host.stderr.write(`Did not stop within ${stopLimitMs / 1_000} s: leaving what still hangs.\n`);
      host.exit(1);
    };
    setTimeout(leave, stopLimitMs).unref();
  };
  for (const signal of signals) host.on(signal, abort);
  whenNpxIsGone(abort);
  return stop.signal;
}
