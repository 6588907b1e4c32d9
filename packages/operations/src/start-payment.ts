import { audit, orders, payments, transact, type Order, type Payment } from "@zhanggui/db";
import { Decimal, Fault, gatewayDeadline, isOpen } from "@zhanggui/domain";
import { type PaymentAction, gatewayOf } from "@zhanggui/gateways";

import type { Engine } from "./engine.ts";
import { type PaymentView, viewPayment } from "./views.ts";

export type StartPayment = { readonly customerId: string; readonly paymentId: string };
export type StartedPayment = { readonly payment: PaymentView; readonly action: PaymentAction };

/**
 * Starts an attempt (`init` → `processing`) and asks its gateway what the buyer is to do next. Repeating it answers the
 * same action. The gateway is called outside any transaction, and always with the same number: an answer that was lost
 * is asked for again.
 *
 * @throws Fault `payment_not_found`, `order_not_payable`, `order_expired`, `gateway_unavailable`.
 */
export async function startPayment(engine: Engine, { customerId, paymentId }: StartPayment): Promise<StartedPayment> {
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

    const started = await payments.move(tx, attempt, { to: "processing" });
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

  return { payment: viewPayment(payment), action: payment.action ?? (await askGateway(engine, order, payment)) };
}

async function askGateway(engine: Engine, order: Order, payment: Payment): Promise<PaymentAction> {
  const account = engine.providers.get(payment.provider);
  if (account === undefined) throw new Fault("unknown_provider", { provider: payment.provider });
  const { calls } = gatewayOf(account);
  if (!calls.isCallable(account)) return { type: "none" };

  const { outside, publicUrl } = engine;
  const call = {
    outTradeNo: payment.out_trade_no,
    amount: new Decimal(payment.amount),
    currency: payment.currency,
    subject: order.number,
    notifyUrl: `${publicUrl}/callbacks/${payment.provider}`,
    expiresAt: gatewayDeadline(outside.now(), order.expires_at),
  };
  const answer = await calls.pay(account, call, outside);
  if (answer.kind === "unknown") {
    throw new Fault("gateway_unavailable", { provider: payment.provider, why: answer.why });
  }
  return payments.keepAction(engine.db, payment.id, answer.action);
}
