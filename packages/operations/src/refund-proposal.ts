import { type RefundProposal, type Tx, audit, orders, refundProposals, transact } from "@zhanggui/db";
import { Decimal, Fault, type RefundEnd, formatAmount, needsSecondPerson } from "@zhanggui/domain";

import type { Engine } from "./engine.ts";

/** A refund that waits for a second person, as operators see it. Amounts are yuan text. */
export type RefundProposalView = ReturnType<typeof viewRefundProposal>;

export function viewRefundProposal(row: RefundProposal) {
  return {
    amount: row.amount,
    restock: row.restock,
    endsOrderAs: row.ends_order_as,
    by: row.proposed_by,
    at: row.proposed_at.toISOString(),
    ...(row.reason === null ? {} : { reason: row.reason }),
  };
}

export type ProposeRefund = {
  readonly orderId: string;
  /** Yuan. */
  readonly amount: Decimal;
  readonly restock: boolean;
  readonly endsOrderAs: RefundEnd;
  readonly by: string;
  readonly reason: string | undefined;
};

/**
 * Keeps a refund above the limit until somebody else asks for exactly the same. `undefined`: go on and refund; what was
 * proposed is confirmed then. The caller holds the order.
 *
 * @throws Fault `second_person_needed` when the one who proposed asks again; `action_not_allowed` when something else is
 *   proposed: that is withdrawn first.
 */
export async function proposeRefund(
  tx: Tx,
  engine: Pick<Engine, "secondPersonLimit">,
  asked: ProposeRefund,
): Promise<RefundProposalView | undefined> {
  const { orderId, by } = asked;
  const waiting = await refundProposals.find(tx, orderId);
  if (waiting === undefined) {
    if (!needsSecondPerson(asked.amount, new Decimal(engine.secondPersonLimit))) return undefined;
    const row = await refundProposals.insert(tx, {
      order_id: orderId,
      amount: formatAmount(asked.amount),
      restock: asked.restock,
      ends_order_as: asked.endsOrderAs,
      proposed_by: by,
      reason: asked.reason ?? null,
    });
    await write(tx, orderId, { actor: by, action: "refund.propose", after: viewRefundProposal(row) });
    return viewRefundProposal(row);
  }
  if (!isSame(waiting, asked)) {
    throw new Fault("action_not_allowed", { orderId, why: "another refund waits for a second person" });
  }
  if (waiting.proposed_by === by) throw new Fault("second_person_needed", { proposedBy: by });
  await refundProposals.remove(tx, orderId);
  await write(tx, orderId, {
    actor: by,
    action: "refund.confirm",
    before: viewRefundProposal(waiting),
    reason: asked.reason,
  });
  return undefined;
}

export type WithdrawRefund = { readonly orderId: string; readonly by: string; readonly reason: string };

/**
 * Takes back a refund that waits for a second person; anybody who may refund may do that.
 *
 * @throws Fault `order_not_found`, `action_not_allowed` when none waits.
 */
export async function withdrawRefund(engine: Engine, { orderId, by, reason }: WithdrawRefund): Promise<void> {
  await transact(engine.db, async (tx) => {
    if ((await orders.lock(tx, orderId)) === undefined) throw new Fault("order_not_found", { orderId });
    const withdrawn = await refundProposals.remove(tx, orderId);
    if (withdrawn === undefined) throw new Fault("action_not_allowed", { orderId, why: "nothing is proposed" });
    await write(tx, orderId, { actor: by, action: "refund.withdraw", before: viewRefundProposal(withdrawn), reason });
  });
}

function isSame(row: RefundProposal, asked: ProposeRefund): boolean {
  return asked.amount.equals(row.amount) && row.restock === asked.restock && row.ends_order_as === asked.endsOrderAs;
}

type Entry = Pick<audit.NewAuditEntry, "actor" | "action" | "before" | "after" | "reason">;

function write(tx: Tx, orderId: string, entry: Entry): Promise<void> {
  return audit.write(tx, [{ ...entry, entity: "order", entityId: orderId, orderId }]);
}
