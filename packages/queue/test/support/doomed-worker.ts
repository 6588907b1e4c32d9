import { type PoolTiming, type QueueBackend, openPool } from "../../src/index.ts";

export type Doom = { readonly backend: QueueBackend; readonly timing: PoolTiming };

/** A worker that takes a job and never ends it, in a process that is there to be killed. */
process.once("message", ({ backend, timing }: Doom) => {
  const hang = () => {
    process.send?.("took it");
    return new Promise<never>(() => undefined);
  };
  void openPool({
    backend,
    processors: {
      "settle-callback": hang,
      "expire-order": hang,
      "send-refund": hang,
      "query-payments": hang,
      sweep: hang,
    },
    log: { info: () => undefined, warn: () => undefined },
    onRun: () => undefined,
    onReconnect: () => undefined,
    timing,
  });
});
process.once("disconnect", () => process.exit(0));
