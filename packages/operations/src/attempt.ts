import type { Order, Payment } from "@zhanggui/db";
import { gatewayDeadline } from "@zhanggui/domain";
import type { Attempt } from "@zhanggui/gateways";

/** A started attempt as its gateway knows it. Told from what was stored, so that every call about it says the same. */
export function attemptOf(
  payment: Pick<Payment, "out_trade_no" | "started_at" | "created_at">,
  order: Pick<Order, "expires_at">,
): Attempt {
  const startedAt = payment.started_at ?? payment.created_at;
  return { outTradeNo: payment.out_trade_no, startedAt, expiresAt: gatewayDeadline(startedAt, order.expires_at) };
}
