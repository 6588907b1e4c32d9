import { refunds, type ExceptionCase, type Refund, type Tx } from "@zhanggui/db";
import { Decimal } from "@zhanggui/domain";

import type { CaseStanding } from "./case-facts.ts";
import { requestRefund } from "./request-refund.ts";

export type RefundCaseMoney = {
  readonly row: ExceptionCase;
  readonly standing: CaseStanding;
  readonly reason: string;
  readonly actor: string;
};

/**
 * Sends the money of a case back: all that is left of it, or once more the amount of a refund that failed, with the same
 * end for its order. The refund carries the case, which is over with it: a refund that fails opens a case of its own.
 */
export async function refundCase(tx: Tx, { row, standing, reason, actor }: RefundCaseMoney): Promise<Refund> {
  const { provider, transaction_id: transactionId, rest, refund_id } = standing.standing;
  if (provider === null || transactionId === null || rest === null) throw new Error(`case ${row.id} has no money`);
  const asked = { receipt: { provider, transactionId }, reason, actor, exceptionId: row.id } as const;

  const failed = refund_id === null ? undefined : await refunds.find(tx, refund_id);
  if (failed === undefined) return requestRefund(tx, { ...asked, amount: "all that is left" });
  const amount = Decimal.min(rest, failed.amount);
  return requestRefund(tx, {
    ...asked,
    amount,
    restock: failed.restock && amount.equals(rest),
    endsOrderAs: failed.ends_order_as ?? undefined,
  });
}
