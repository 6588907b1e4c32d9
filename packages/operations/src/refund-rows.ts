import { type Order, type Receipt, type Refund, type Tx, orders, receipts, refunds } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";

/** The rows that whoever writes a refund has locked. */
export type RefundRows = {
  readonly refund: Refund;
  readonly receipt: Receipt;
  /** Unset for money that belongs to no order. */
  readonly order: Order | undefined;
};

/**
 * Locks a refund's order, its receipt and then the refund itself.
 *
 * @throws Fault `refund_not_found`.
 */
export async function lockRefund(tx: Tx, refundId: string): Promise<RefundRows> {
  const found = await refunds.find(tx, refundId);
  if (found === undefined) throw new Fault("refund_not_found", { refundId });
  const order = found.order_id === null ? undefined : await orders.lock(tx, found.order_id);
  const receipt = await receipts.lock(tx, { provider: found.provider, transactionId: found.transaction_id });
  const refund = await refunds.lock(tx, refundId);
  if (receipt === undefined || refund === undefined) throw new Error(`refund ${refundId} has no receipt`);
  return { refund, receipt, order };
}
