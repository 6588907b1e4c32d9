import {
  type Tx,
  audit,
  exceptions,
  orders,
  reconciliationDifferences,
  type statementLines,
  transact,
} from "@zhanggui/db";

import type { Engine } from "./engine.ts";

/** Cases that one run closes; the next one goes on. */
export const maximumClosed = 1_000;

/** Closes cases that reconciliation has opened around this day and that a statement contradicts no more. */
export async function closeRightedCases(engine: Engine, comparison: statementLines.Comparison): Promise<void> {
  const { db } = engine;
  const righted = await transact(db, (tx) => reconciliationDifferences.rightedCases(tx, comparison, maximumClosed));
  for (const one of righted) {
    await transact(db, (tx) => closeRighted(tx, one, comparison.reconciliationId));
  }
}

export async function closeRighted(
  tx: Tx,
  { kind, subject, order_id: orderId }: Pick<reconciliationDifferences.OpenedCase, "kind" | "subject" | "order_id">,
  reconciliationId: string,
): Promise<void> {
  if (orderId !== null) await orders.lock(tx, orderId);
  const closed = await exceptions.settleBySubject(tx, { kind, subject });
  if (closed === undefined) return;
  await audit.write(tx, [
    {
      actor: "system:reconciliation",
      action: "exception.resolve",
      entity: "exception",
      entityId: closed,
      orderId: orderId ?? undefined,
      before: { state: "open" },
      after: { state: "resolved" },
      reason: "both books say the same now",
      evidence: reconciliationId,
    },
  ]);
}
