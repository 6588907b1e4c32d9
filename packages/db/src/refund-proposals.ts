import type { Db, Tx } from "./connection.ts";
import type { RefundProposal } from "./schema.ts";

export type NewRefundProposal = Omit<RefundProposal, "proposed_at">;

export function find(db: Db, orderId: string): Promise<RefundProposal | undefined> {
  return db.selectFrom("refund_proposals").selectAll().where("order_id", "=", orderId).executeTakeFirst();
}

/** The caller holds the order, which is what keeps two people from proposing at once. */
export function insert(tx: Tx, proposal: NewRefundProposal): Promise<RefundProposal> {
  return tx.insertInto("refund_proposals").values(proposal).returningAll().executeTakeFirstOrThrow();
}

/** Takes a proposal away, because it was confirmed or withdrawn. Answers what it was. */
export function remove(tx: Tx, orderId: string): Promise<RefundProposal | undefined> {
  return tx.deleteFrom("refund_proposals").where("order_id", "=", orderId).returningAll().executeTakeFirst();
}
