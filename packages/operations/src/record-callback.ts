import { callbacks, transact, audit } from "@zhanggui/db";
import type { Notice } from "@zhanggui/domain";

import { type Engine, type RecordedNotice, bestEffort } from "./engine.ts";
import { newId } from "./ids.ts";

export type RecordCallback = {
  readonly provider: string;
  readonly notice: Notice;
  /** The name of the key that it was verified with. */
  readonly verifiedBy: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/**
 * Commits a verified notice to the inbox and rings for its settlement. When this returns, the notice is safe and the
 * gateway may be answered; it throws only when Postgres did not take it.
 *
 * A redelivery of what is settled is only counted; one of what failed puts it back in line.
 */
export async function recordCallback(engine: Engine, callback: RecordCallback): Promise<callbacks.Recorded> {
  const recorded = await callbacks.record(engine.db, { id: newId("cb"), ...callback });
  const named: RecordedNotice = { id: recorded.id, provider: callback.provider, eventKey: callback.notice.eventKey };

  if (recorded.state === "failed") await rearmRedelivered(engine, named);
  if (recorded.state === "failed" || recorded.state === "received") {
    const { settle, resettle } = engine.wake;
    await bestEffort(engine, "settle a callback", recorded.deliveries === 1 ? settle(named) : resettle([named]));
  }
  return recorded;
}

async function rearmRedelivered({ db }: Engine, { id, provider }: RecordedNotice): Promise<void> {
  await transact(db, async (tx) => {
    const rearmed = await callbacks.rearm(tx, [id], ["failed"]);
    await audit.write(
      tx,
      rearmed.map(() => ({
        actor: `gateway:${provider}`,
        action: "callback.redeliver",
        entity: "callback" as const,
        entityId: id,
        before: { state: "failed" },
        after: { state: "received" },
      })),
    );
  });
}
