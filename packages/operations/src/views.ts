import type { Order, OrderLine, Payment, Refund } from "@zhanggui/db";

/** An order as the shop sees it (contract). */
export type OrderView = ReturnType<typeof viewOrder>;
export type PaymentView = ReturnType<typeof viewPayment>;
export type RefundView = ReturnType<typeof viewRefund>;

export function viewOrder(order: Order, lines: readonly Pick<OrderLine, "sku" | "name" | "unit_price" | "quantity">[]) {
  return {
    id: order.id,
    number: order.number,
    status: order.status,
    amount: order.amount,
    currency: order.currency,
    items: lines.map(({ sku, name, unit_price, quantity }) => ({ sku, name, unitPrice: unit_price, quantity })),
    expiresAt: order.expires_at.toISOString(),
    createdAt: order.created_at.toISOString(),
    ...(order.paid_at === null ? {} : { paidAt: order.paid_at.toISOString() }),
    ...(order.cancelled_at === null ? {} : { cancelledAt: order.cancelled_at.toISOString() }),
    ...(order.cancel_reason === null ? {} : { cancelReason: order.cancel_reason }),
  };
}

export function viewPayment(payment: Payment) {
  return {
    id: payment.id,
    orderId: payment.order_id,
    provider: payment.provider,
    status: payment.status,
    amount: payment.amount,
    currency: payment.currency,
    outTradeNo: payment.out_trade_no,
    ...(payment.transaction_id === null ? {} : { transactionId: payment.transaction_id }),
    createdAt: payment.created_at.toISOString(),
    ...(payment.succeeded_at === null ? {} : { succeededAt: payment.succeeded_at.toISOString() }),
  };
}

export function viewRefund(refund: Refund) {
  return {
    id: refund.id,
    // Money that matches none of our numbers can be refunded too.
    ...(refund.order_id === null ? {} : { orderId: refund.order_id }),
    ...(refund.payment_id === null ? {} : { paymentId: refund.payment_id }),
    amount: refund.amount,
    status: refund.status,
    outRefundNo: refund.out_refund_no,
    reason: refund.reason,
    createdAt: refund.created_at.toISOString(),
    ...(refund.succeeded_at === null ? {} : { succeededAt: refund.succeeded_at.toISOString() }),
  };
}
