import { audit, callbacks, transact } from "@zhanggui/db";
import { type CallbackState, Fault, retryableCallbackStates } from "@zhanggui/domain";

import { type Engine, type RecordedNotice, bestEffort } from "./engine.ts";

/** Notices that one bulk retry takes up at most; the answer says how many, and it can be asked again. */
export const bulkRetryLimit = 500;

export type Asked = { readonly actor: string; readonly reason: string | undefined };

/**
 * Sends one failed or parked notice through settlement again: the same job, on today's rows.
 *
 * @throws Fault `callback_not_found`, `not_retryable`.
 */
export async function retryCallback(engine: Engine, callbackId: string, asked: Asked): Promise<void> {
  const row = await callbacks.find(engine.db, callbackId);
  if (row === undefined) throw new Fault("callback_not_found", { callbackId });
  if (!isRetryable(row.state)) throw new Fault("not_retryable", { callbackId, state: row.state });

  const rearmed = await rearm(engine, [{ id: row.id, state: row.state }], asked);
  if (rearmed.length === 0) throw new Fault("not_retryable", { callbackId, state: "changed meanwhile" });
}

export type RetryFilter = {
  readonly state: "failed" | "parked";
  readonly provider?: string | undefined;
  readonly outTradeNo?: string | undefined;
};

/** Retries all notices that the filter finds, newest first, up to a limit. Answers how many were taken up. */
export async function retryCallbacks(engine: Engine, filter: RetryFilter, asked: Asked): Promise<number> {
  const found = await callbacks.page(engine.db, { ...filter, limit: bulkRetryLimit });
  return (await rearm(engine, found, asked)).length;
}

function isRetryable(state: CallbackState): boolean {
  return retryableCallbackStates.some((retryable) => retryable === state);
}

async function rearm(
  engine: Engine,
  rows: readonly { readonly id: string; readonly state: CallbackState }[],
  { actor, reason }: Asked,
): Promise<readonly RecordedNotice[]> {
  const stateOf = new Map(rows.map(({ id, state }) => [id, state]));
  const rearmed = await transact(engine.db, async (tx) => {
    const taken = await callbacks.rearm(tx, [...stateOf.keys()], retryableCallbackStates);
    await audit.write(
      tx,
      taken.map(({ id }) => ({
        actor,
        action: "callback.retry",
        entity: "callback" as const,
        entityId: id,
        before: { state: stateOf.get(id) },
        after: { state: "received" },
        reason,
      })),
    );
    return taken.map(({ id, provider, event_key }) => ({ id, provider, eventKey: event_key }));
  });
  if (rearmed.length > 0) await bestEffort(engine, "settle callbacks", engine.wake.resettle(rearmed));
  return rearmed;
}
