import { orders, payments, transact, type Payment } from "@zhanggui/db";
import type { Notice } from "@zhanggui/domain";
import { type Account, type Attempt, gatewayOf } from "@zhanggui/gateways";

import { applyNotice } from "./apply-notice.ts";
import { attemptOf } from "./attempt.ts";
import type { Engine } from "./engine.ts";
import { lockRows } from "./lock-rows.ts";

/** What the gateways say of an order's open attempts, when it is about to be closed. */
export type Standing =
  /** No gateway can take money for the order any more. */
  | { readonly kind: "closed" }
  /** One of them has taken it, and that is written. */
  | { readonly kind: "paid" }
  /** A buyer is paying right now, or a gateway could not be heard. */
  | { readonly kind: "open"; readonly why: string };

/** `hmac` words for a buyer who is at it this moment; closing now would cut them off. */
const payingWords: ReadonlySet<string> = new Set(["userpaying", "accept"]);

function isToBeAsked({ providers }: Engine, { status, provider }: Payment): boolean {
  const account = providers.get(provider);
  return status === "processing" && account !== undefined && gatewayOf(account).calls.isCallable(account);
}

/** Whether any gateway could still take money for these attempts, so that it must be asked before they are closed. */
export function areToBeAsked(engine: Engine, attempts: readonly Payment[]): boolean {
  return attempts.some((payment) => isToBeAsked(engine, payment));
}

/**
 * Asks each gateway of an order's started attempts: money it has taken is settled as evidence, what nobody pays is
 * closed there first. Calls out, so never inside a transaction.
 */
export async function closeAtGateways(engine: Engine, orderId: string): Promise<Standing> {
  const attempts = await payments.ofOrder(engine.db, orderId);
  let standing: Standing = { kind: "closed" };
  for (const payment of attempts.filter((attempt) => isToBeAsked(engine, attempt))) {
    const account = engine.providers.get(payment.provider);
    if (account === undefined) continue;
    const one = await closeOne(engine, payment, account);
    if (one.kind === "paid") return one;
    if (one.kind === "open") standing = one;
  }
  return standing;
}

/**
 * Closes attempts at their gateways because another one paid their order. Best effort: money that one of them takes all
 * the same is surplus when its notice comes.
 */
export async function closeLeftOver(engine: Engine, attempts: readonly Payment[]): Promise<void> {
  for (const payment of attempts) {
    const account = engine.providers.get(payment.provider);
    if (account === undefined || !gatewayOf(account).calls.isCallable(account)) continue;
    const standing = await closeOne(engine, payment, account);
    if (standing.kind === "open") {
      engine.log.warn({ paymentId: payment.id, why: standing.why }, "an attempt stays open at its gateway");
    }
  }
}

async function closeOne(engine: Engine, payment: Payment, account: Account): Promise<Standing> {
  const order = await orders.find(engine.db, payment.order_id);
  if (order === undefined) throw new Error(`payment ${payment.id} has no order`);
  const asking = { payment, account, attempt: attemptOf(payment, order) };
  const first = await query(engine, asking);
  if (first.kind !== "unpaid") return first;

  const answer = await gatewayOf(account).calls.close(account, asking.attempt, engine.outside);
  switch (answer.kind) {
    case "closed":
    case "not_found":
      return { kind: "closed" };
    case "unknown":
      return { kind: "open", why: answer.why };
    case "paid": {
      const second = await query(engine, asking);
      return second.kind === "unpaid"
        ? { kind: "open", why: "the gateway says paid on close and unpaid on query" }
        : second;
    }
  }
}

type Asking = { readonly payment: Payment; readonly account: Account; readonly attempt: Attempt };

async function query(
  engine: Engine,
  { payment, account, attempt }: Asking,
): Promise<Standing | { readonly kind: "unpaid" }> {
  const answer = await gatewayOf(account).calls.query(account, attempt, engine.outside);
  if (answer.kind === "unknown") return { kind: "open", why: answer.why };
  // The gateway was never asked to open it, or the buyer never came: there is nothing to pay.
  if (answer.kind === "not_found") return { kind: "closed" };

  const { notice } = answer;
  if (notice.status === "processing") {
    return payingWords.has(notice.rawStatus.toLowerCase())
      ? { kind: "open", why: "the buyer is paying" }
      : { kind: "unpaid" };
  }
  return (await applyAnswer(engine, payment, notice)) ? { kind: "paid" } : { kind: "closed" };
}

/** Writes a gateway's answer as evidence. Answers whether the order is paid now. */
async function applyAnswer(engine: Engine, { id, order_id, provider }: Payment, notice: Notice): Promise<boolean> {
  return transact(engine.db, async (tx) => {
    const rows = await lockRows(tx, { orderId: order_id, paymentId: id });
    const evidence = { provider, notice, source: { kind: "query" } } as const;
    await applyNotice(tx, rows, evidence, engine.latePaymentPolicy);
    return (await orders.find(tx, order_id))?.status === "paid";
  });
}
