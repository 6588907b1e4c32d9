import { setImmediate as nextTurn } from "node:timers/promises";

import { abortOnSignal } from "./signals.ts";

/** `pnpm start`. All the rest is loaded after the signals are caught: it takes long enough for an impatient Ctrl-C. */
const stop = abortOnSignal(process);
const { main } = await import("./main.ts");
// A signal that came while loading is delivered now.
await nextTurn();
await main(process, stop);
