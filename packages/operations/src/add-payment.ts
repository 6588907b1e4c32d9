import { audit, orders, payments, transact } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";

import type { Engine } from "./engine.ts";
import { newId, newOutTradeNo } from "./ids.ts";
import { type PaymentView, viewPayment } from "./views.ts";

/** Attempts at one order: enough for every method and many a wrong password, too few to fill a table with. */
const maximumAttempts = 20;

export type AddPayment = { readonly customerId: string; readonly orderId: string; readonly provider: string };

/**
 * Makes a new attempt at paying an order, with a number of its own: after a failed one, or by another method.
 *
 * @throws Fault `unknown_provider`, `order_not_found`, `order_not_payable`, `order_expired`.
 */
export async function addPayment(engine: Engine, { customerId, orderId, provider }: AddPayment): Promise<PaymentView> {
  if (!engine.providers.has(provider)) throw new Fault("unknown_provider", { provider });

  return transact(engine.db, async (tx) => {
    const order = await orders.lockWithDue(tx, orderId);
    if (order === undefined || order.customer_id !== customerId) throw new Fault("order_not_found", { orderId });
    if (order.status !== "pending") {
      throw new Fault(order.cancel_reason === "expired" ? "order_expired" : "order_not_payable", {
        orderId,
        order: order.status,
      });
    }
    if (order.due || order.closing_since !== null) throw new Fault("order_expired", { orderId });
    const attempts = await payments.lockOfOrder(tx, orderId);
    if (attempts.length >= maximumAttempts) {
      throw new Fault("order_not_payable", { orderId, why: `it has ${maximumAttempts} attempts already` });
    }

    const payment = await payments.insert(tx, {
      id: newId("pay"),
      orderId,
      provider,
      amount: order.amount,
      currency: order.currency,
      outTradeNo: newOutTradeNo(engine.outside.now()),
    });
    await audit.write(tx, [
      {
        actor: customerId,
        action: "payment.create",
        entity: "payment",
        entityId: payment.id,
        orderId,
        after: { status: payment.status, provider },
      },
    ]);
    return viewPayment(payment);
  });
}
