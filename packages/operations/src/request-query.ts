import { orders, payments } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";

import { isCallable } from "./call-gateway.ts";
import { type Engine, bestEffort } from "./engine.ts";
import { type PaymentView, viewPayment } from "./views.ts";

/** A buyer who presses again and again has the gateway asked this often. */
const notWithinSeconds = 5;

export type RequestQuery = { readonly customerId: string; readonly paymentId: string };

/**
 * Has a payment's gateway asked soon, because its customer says "I have paid" or comes back from the cashier. Their word
 * proves nothing: only the gateway's answer is written, by whoever asks. Asked for too often, it does nothing.
 *
 * @returns the payment as it stands now.
 * @throws Fault `payment_not_found`.
 */
export async function requestQuery(engine: Engine, { customerId, paymentId }: RequestQuery): Promise<PaymentView> {
  const { db, wake } = engine;
  const payment = await payments.find(db, paymentId);
  const order = payment && (await orders.find(db, payment.order_id));
  if (payment === undefined || order?.customer_id !== customerId) throw new Fault("payment_not_found", { paymentId });

  if (isCallable(engine, payment.provider) && (await payments.askSoon(db, paymentId, notWithinSeconds))) {
    await bestEffort(engine, "query payment", wake.query(paymentId));
  }
  return viewPayment(payment);
}
