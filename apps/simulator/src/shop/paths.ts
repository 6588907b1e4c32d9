export function orderPath(id: string): string {
  return `/shop/orders/${encodeURIComponent(id)}`;
}

/** Where the buyer scans or goes on to the gateway. */
export function paymentPath(orderId: string, paymentId: string): string {
  return `${orderPath(orderId)}/payments/${encodeURIComponent(paymentId)}`;
}
