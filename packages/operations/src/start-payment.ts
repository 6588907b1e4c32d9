import { audit, orders, payments, transact, type Order, type Payment } from "@zhanggui/db";
import { Decimal, Fault, isOpen } from "@zhanggui/domain";
import { type Outside, type PayAnswer, type PaymentAction, gatewayOf } from "@zhanggui/gateways";

import { attemptOf } from "./attempt.ts";
import { isCallable } from "./call-gateway.ts";
import type { Engine } from "./engine.ts";
import { firstQueryInSeconds } from "./query-ladder.ts";
import { type PaymentView, viewPayment } from "./views.ts";

export type StartPayment = {
  readonly customerId: string;
  readonly paymentId: string;
  /** Where the gateway leads the buyer's browser afterwards; the shop knows its own pages. */
  readonly returnUrl?: string | undefined;
};
export type StartedPayment = { readonly payment: PaymentView; readonly action: PaymentAction };

/**
 * Starts an attempt (`init` → `processing`) and asks its gateway what the buyer is to do next. Repeating it answers the
 * same action. The gateway is called outside any transaction, and always with the same number: an answer that was lost
 * is asked for again.
 *
 * @throws Fault `payment_not_found`, `order_not_payable`, `order_expired`, `gateway_unavailable`, `gateway_refused`
 *   (the attempt is failed then, and another method may be tried).
 */
export async function startPayment(engine: Engine, asked: StartPayment): Promise<StartedPayment> {
  const { customerId, paymentId } = asked;
  const found = await payments.find(engine.db, paymentId);
  if (found === undefined) throw new Fault("payment_not_found", { paymentId });

  const { order, payment } = await transact(engine.db, async (tx) => {
    const locked = await orders.lockWithDue(tx, found.order_id);
    const attempt = await payments.lock(tx, paymentId);
    if (locked === undefined || attempt === undefined || locked.customer_id !== customerId) {
      throw new Fault("payment_not_found", { paymentId });
    }
    if (locked.status !== "pending" || !isOpen(attempt.status)) {
      throw new Fault("order_not_payable", { orderId: locked.id, order: locked.status, payment: attempt.status });
    }
    if (locked.due || locked.closing_since !== null) throw new Fault("order_expired", { orderId: locked.id });
    if (attempt.status === "processing") return { order: locked, payment: attempt };

    const canBeAsked = isCallable(engine, attempt.provider);
    const started = await payments.move(tx, attempt, {
      to: "processing",
      firstQueryInSeconds: canBeAsked ? firstQueryInSeconds : undefined,
    });
    await audit.write(tx, [
      {
        actor: customerId,
        action: "payment.processing",
        entity: "payment",
        entityId: paymentId,
        orderId: locked.id,
        before: { status: attempt.status },
        after: { status: started.status },
      },
    ]);
    return { order: locked, payment: started };
  });

  const action = payment.action ?? (await askGateway(engine, { order, payment, returnUrl: asked.returnUrl }));
  return { payment: viewPayment(payment), action };
}

type Asking = { readonly order: Order; readonly payment: Payment; readonly returnUrl: string | undefined };

async function askGateway(engine: Engine, { order, payment, returnUrl }: Asking): Promise<PaymentAction> {
  const account = engine.providers.get(payment.provider);
  if (account === undefined) throw new Fault("unknown_provider", { provider: payment.provider });
  const { calls } = gatewayOf(account);
  if (!calls.isCallable(account)) return { type: "none" };

  const { outside, publicUrl } = engine;
  const call = {
    ...attemptOf(payment, order),
    amount: new Decimal(payment.amount),
    currency: payment.currency,
    subject: order.number,
    notifyUrl: `${publicUrl}/callbacks/${payment.provider}`,
    returnUrl: returnUrl ?? publicUrl,
  };
  const answer = await askTwice(outside, () => calls.pay(account, call, outside));
  if (answer.kind === "unknown") {
    throw new Fault("gateway_unavailable", { provider: payment.provider, why: answer.why });
  }
  if (answer.kind === "refused") {
    await failAttempt(engine, payment, answer.why);
    throw new Fault("gateway_refused", { provider: payment.provider, why: answer.why });
  }
  return payments.keepAction(engine.db, payment.id, answer.action);
}

/** A call that broke off so soon is made once more while the buyer waits; one that took longer has tried their patience. */
const soonMs = 1_000;

async function askTwice({ now }: Outside, ask: () => Promise<PayAnswer>): Promise<PayAnswer> {
  const startedAt = now().getTime();
  const answer = await ask();
  return answer.kind === "unknown" && now().getTime() - startedAt < soonMs ? ask() : answer;
}

/**
 * Ends an attempt that its gateway will not open, unless something else has been heard of it meanwhile. Nobody can pay
 * it, so it is asked about no more.
 */
async function failAttempt(engine: Engine, { id, order_id }: Payment, why: string): Promise<void> {
  await transact(engine.db, async (tx) => {
    await orders.lock(tx, order_id);
    const attempt = await payments.lock(tx, id);
    if (attempt?.status !== "processing") return;
    const failed = await payments.move(tx, attempt, { to: "failed" });
    await payments.endFollowUp(tx, id);
    await audit.write(tx, [
      {
        actor: `gateway:${attempt.provider}`,
        action: "payment.failed",
        entity: "payment",
        entityId: id,
        orderId: order_id,
        before: { status: attempt.status },
        after: { status: failed.status },
        reason: why,
      },
    ]);
  });
}
