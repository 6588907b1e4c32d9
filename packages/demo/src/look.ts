import type { Shop, Timeline } from "./shop.ts";
import type { Facts } from "./story-step.ts";

export type Stock = { readonly free: number; readonly held: number; readonly sold: number };

export function stockText({ free, held, sold }: Stock): string {
  return `${free} free, ${held} held, ${sold} sold`;
}

/** The same without the inbox: gateways tell one payment in words, and by a number of notices, of their own. */
export async function lookAtMoney(shop: Shop, orderId: string): Promise<Facts> {
  const { inbox: _, ...facts } = await lookAt(shop, orderId);
  return facts;
}

/** How an order stands, its money, what the inbox keeps of its callbacks, and the stock to the piece. */
export async function lookAt(shop: Shop, orderId: string): Promise<Facts> {
  const [timeline, { available, reserved, sold }] = await Promise.all([shop.timeline(orderId), shop.stock()]);
  return {
    order: orderText(timeline),
    payments: timeline.payments.map(({ status }) => status).join(", "),
    inbox: inboxText(timeline),
    exceptions: exceptionsText(timeline),
    stock: stockText({ free: available, held: reserved, sold }),
  };
}

function orderText({ order }: Timeline): string {
  return order.status === "cancelled" ? `cancelled (${order.cancelReason ?? "no reason"})` : order.status;
}

function inboxText({ callbacks }: Timeline): string {
  const notices = callbacks.map(({ rawStatus, outcome, deliveries }) => {
    const copies = deliveries === 1 ? "" : ` ×${deliveries}`;
    return `${rawStatus}${copies} → ${outcome ?? "waiting"}`;
  });
  return notices.toSorted().join("; ") || "nothing";
}

function exceptionsText({ exceptions }: Timeline): string {
  const cases = exceptions.map(({ kind, state, amount }) => [kind, ...(amount ? [amount] : []), state].join(" "));
  return cases.toSorted().join("; ") || "none";
}
