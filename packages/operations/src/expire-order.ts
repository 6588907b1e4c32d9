import { audit, exceptions, orders, payments, transact, type Order, type Payment, type Tx } from "@zhanggui/db";

import { type Words, areToBeAsked, closeAtGateways, wordsOn } from "./ask-gateways.ts";
import { closeOrder } from "./close-order.ts";
import { type Engine, bestEffort } from "./engine.ts";
import { newId } from "./ids.ts";

/** How long a gateway that does not say "closed", or a buyer who is paying, delays the release of the stock. */
const closingLimitSeconds = 300;

export type Expiry =
  /** Cancelled now, its stock free again. */
  | { readonly kind: "expired" }
  /** Paid, cancelled or gone already: nothing to do, and the timer can go. */
  | { readonly kind: "ended" }
  /** Its deadline is still ahead. */
  | { readonly kind: "not_due"; readonly dueInMs: number }
  /** A gateway has to be asked again. */
  | { readonly kind: "closing"; readonly why: string };

export type ExpireOrder = {
  readonly orderId: string;
  /** `cancel-unpaid` closes orders by their age, whatever their own deadline. */
  readonly evenIfNotDue?: boolean;
  readonly actor?: string;
};

/**
 * Expires one order that was not paid in time. First its gateways are asked and closed, outside of any transaction;
 * then, under its lock and only if it is still pending, it is cancelled and its stock released. Money that a gateway
 * took meanwhile wins.
 *
 * The timer, the sweep and `cancel-unpaid` all come here; doing it twice does nothing.
 */
export async function expireOrder(
  engine: Engine,
  { orderId, evenIfNotDue = false, actor }: ExpireOrder,
): Promise<Expiry> {
  const by = actor ?? "system:expiry";
  const began = await transact(engine.db, (tx) => begin(tx, engine, { orderId, evenIfNotDue, by }));
  if (began.kind !== "ask") return ending(engine, orderId, began);

  const standing = await closeAtGateways(engine, orderId, began.cutOff);
  if (standing.kind === "paid") return ending(engine, orderId, { kind: "ended" });

  const finished = await transact(engine.db, (tx) => finish(tx, engine, { orderId, words: standing.words, by }));
  return ending(engine, orderId, finished);
}

async function ending(engine: Engine, orderId: string, expiry: Expiry): Promise<Expiry> {
  if (expiry.kind === "expired" || expiry.kind === "ended") {
    await bestEffort(engine, "forget expiry", engine.wake.forgetExpiry(orderId));
  }
  return expiry;
}

type Begin = { readonly orderId: string; readonly evenIfNotDue: boolean; readonly by: string };

/** Its gateways are to be asked; `cutOff` when this is for the last time, also for a buyer who is paying. */
type Ask = { readonly kind: "ask"; readonly cutOff: boolean };

/** Closes the order at once when no gateway is to be asked; else marks it as closing, so that no new attempt is taken. */
async function begin(tx: Tx, engine: Engine, { orderId, evenIfNotDue, by }: Begin): Promise<Expiry | Ask> {
  const order = await orders.lockWithDue(tx, orderId);
  if (order?.status !== "pending") return { kind: "ended" };
  if (!order.due && !evenIfNotDue) return { kind: "not_due", dueInMs: order.due_in_ms };
  const attempts = await payments.lockOfOrder(tx, orderId);
  if (!areToBeAsked(engine, attempts)) return close(tx, { order, attempts, words: new Map() }, by);
  if (order.closing_since === null) await orders.markClosing(tx, orderId);
  return { kind: "ask", cutOff: order.due && isOverdue(order) };
}

function isOverdue({ closing_seconds: seconds }: orders.DueOrder): boolean {
  return seconds >= closingLimitSeconds;
}

type Finish = { readonly orderId: string; readonly words: Words; readonly by: string };

async function finish(tx: Tx, engine: Engine, { orderId, words: heard, by }: Finish): Promise<Expiry> {
  const order = await orders.lockWithDue(tx, orderId);
  if (order?.status !== "pending") return { kind: "ended" };
  const attempts = await payments.lockOfOrder(tx, orderId);
  const words = wordsOn(engine, attempts, heard);
  const doubts = [...words.values()].filter((word) => word.kind === "open" || word.kind === "unopened");
  const [doubt] = doubts;
  if (doubt !== undefined) {
    if (!order.due) {
      // `cancel-unpaid` asked before the deadline and was not told "closed": the buyer may go on paying.
      await orders.stopClosing(tx, orderId);
      return { kind: "closing", why: doubt.why };
    }
    if (!isOverdue(order)) return { kind: "closing", why: doubt.why };
    // Where no buyer was given a way to pay, there is nothing a person could do; it is only asked about further.
    const open = doubts.find(({ kind }) => kind === "open");
    if (open !== undefined) await openUnreachable(tx, order, open);
  }
  return close(tx, { order, attempts, words }, by);
}

type Locked = {
  readonly order: Order & { readonly due: boolean };
  readonly attempts: readonly Payment[];
  readonly words: Words;
};

async function close(tx: Tx, locked: Locked, actor: string): Promise<Expiry> {
  await closeOrder(tx, locked, { actor, reason: locked.order.due ? "expired" : "unpaid", to: "expired" });
  return { kind: "expired" };
}

type Doubt = { readonly why: string; readonly evidence?: string | undefined };

/** The stock cannot wait for ever; what the gateway may still say becomes a person's case. */
async function openUnreachable(tx: Tx, order: Order, { why, evidence }: Doubt): Promise<void> {
  const id = newId("exc");
  await exceptions.open(tx, {
    id,
    subject: `order:${order.id}`,
    kind: "gateway_unreachable",
    orderId: order.id,
    paymentId: undefined,
    callbackId: undefined,
    amount: order.amount,
    detail: JSON.stringify({ why, closingLimitSeconds }),
  });
  await audit.write(tx, [
    {
      actor: "system:expiry",
      action: "exception.open",
      entity: "exception",
      entityId: id,
      orderId: order.id,
      after: { kind: "gateway_unreachable" },
      evidence,
    },
  ]);
}
