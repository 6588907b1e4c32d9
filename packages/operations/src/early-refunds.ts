import { type Tx, audit, callbacks } from "@zhanggui/db";
import type { Notice } from "@zhanggui/domain";

export type Money = {
  readonly provider: string;
  readonly notice: Pick<Notice, "outTradeNo">;
  readonly evidence: string;
};

/**
 * Puts notices of refunds back in line that were parked because the money they speak of was not booked, or held by a
 * refund of ours: it is there now, in the caller's transaction. Locks inbox rows, so it comes last. The sweep settles
 * them.
 */
export async function rearmEarlyRefunds(tx: Tx, { provider, notice, evidence }: Money): Promise<void> {
  const early = await callbacks.rearmRefunds(tx, { provider, outTradeNo: notice.outTradeNo });
  await audit.write(
    tx,
    early.map(({ id }) => ({
      actor: `gateway:${provider}`,
      action: "callback.rearm",
      entity: "callback" as const,
      entityId: id,
      before: { state: "parked" },
      after: { state: "received" },
      reason: "the money that it speaks of was not there before",
      evidence,
    })),
  );
}
