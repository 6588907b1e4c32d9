import { audit, orders, payments, products, type Order, type Payment, type Tx } from "@zhanggui/db";
import { isOpen, orderStates, paymentStates, step } from "@zhanggui/domain";

import type { Word, Words } from "./ask-gateways.ts";
import { firstFollowUpInSeconds } from "./query-ladder.ts";

export type Closing = {
  readonly actor: string;
  readonly reason: string;
  /** What becomes of the attempts that are still open. */
  readonly to: "cancelled" | "expired";
  readonly why?: string | undefined;
};

/**
 * Cancels a pending order that the caller has locked with all its attempts: the open ones close, its stock is free
 * again, all in the caller's transaction. Attempts that have ended stay as they ended. `words` is what the gateways of
 * the started ones said; all of them are asked about further, those that said "closed" once.
 */
export async function closeOrder(
  tx: Tx,
  { order, attempts, words }: { readonly order: Order; readonly attempts: readonly Payment[]; readonly words: Words },
  { actor, reason, to: end, why }: Closing,
): Promise<Order> {
  const to = step(orderStates, order.status, "cancel");
  if (to !== "cancelled") throw new Error(`an order cannot be cancelled from ${order.status}`);

  const entries: audit.NewAuditEntry[] = [];
  for (const payment of attempts) {
    if (!isOpen(payment.status)) continue;
    const closed = step(paymentStates, payment.status, end === "expired" ? "expire" : "cancel");
    if (closed !== end) throw new Error(`a payment cannot go from ${payment.status} to ${end}`);
    await payments.move(tx, payment, { to: closed });
    const word = words.get(payment.id);
    if (word !== undefined) await followUp(tx, payment, word);
    entries.push({
      actor,
      action: `payment.${closed}`,
      entity: "payment",
      entityId: payment.id,
      orderId: order.id,
      before: { status: payment.status },
      after: { status: closed, ...(word === undefined ? {} : { gateway: sayingOf(word) }) },
      evidence: word !== undefined && "evidence" in word ? word.evidence : undefined,
    });
  }
  const cancelled = await orders.move(tx, order, { to, reason });
  await products.moveStock(tx, order.id, "release");
  entries.push({
    actor,
    action: "order.cancel",
    entity: "order",
    entityId: order.id,
    orderId: order.id,
    before: { status: order.status },
    after: { status: to, reason },
    reason: why,
  });
  await audit.write(tx, entries);
  return cancelled;
}

/**
 * Money for an attempt that was not closed there may still come, also without a callback. One that was closed is asked
 * about once more all the same: a gateway's word is no proof that it took nothing in that very moment.
 */
async function followUp(tx: Tx, { id }: Payment, word: Word): Promise<void> {
  await payments.planFollowUp(tx, id, { inSeconds: firstFollowUpInSeconds, leftOpen: word.kind === "open" });
}

function sayingOf(word: Word): string {
  switch (word.kind) {
    case "closed":
      return word.says;
    case "open":
    case "unopened":
      return word.why;
    case "paid":
      return "paid";
  }
}
