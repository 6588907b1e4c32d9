import { html } from "hono/html";

import { type Reading, formatTime } from "../pages/language.ts";
import { type Html, layout } from "../pages/layout.ts";
import { alert, countdown, money } from "../pages/parts.ts";
import { wordFor } from "../pages/words.ts";
import type { Order, Payment } from "./api-schemas.ts";
import { navigation } from "./navigation.ts";
import type { OrderWithPayments } from "./shop-api.ts";
import { statusBadge } from "./status-badge.ts";

export type OrderView = OrderWithPayments & { readonly now: Date; readonly problem: string | undefined };

/** One order, live: the script listens to the order's events and fetches this page again on each of them. */
export function orderPage(reading: Reading, { order, payments, now, problem }: OrderView): Html {
  const { words } = reading;
  const { shopProblem } = words;
  const main = html`<section
    class="card order"
    data-events="/shop/api/orders/${encodeURIComponent(order.id)}/events"
    data-state="${wordFor(words.orderStatus, order.status, order.status)}"
    data-version="${[order.status, ...payments.map(({ id, status }) => `${id}.${status}`)].join(" ")}"
  >
    ${alert(problem && wordFor(shopProblem, problem, shopProblem.other))}
    <header>
      <h1>${words.order} <span class="number">${order.number}</span></h1>
      ${statusBadge(reading, order.status)}
    </header>
    <p>${wordFor(words.orderStatusText, order.status, "")}</p>
    ${order.status === "pending" ? pendingPart(reading, { order, payments, now }) : ""}
    <h2>${words.items}</h2>
    <ul class="items">
      ${order.items.map((item) => itemLine(item, order.currency))}
      <li class="total"><span>${words.total}</span>${money(order.amount, order.currency)}</li>
    </ul>
    <h2>${words.payments}</h2>
    <ul class="items">
      ${payments.map((payment) => paymentLine(reading, payment, order.currency))}
    </ul>
    <p class="hint">${words.orderedAt} ${formatTime(reading.language, order.createdAt)} · ${words.live}</p>
  </section>`;
  return layout(reading, {
    title: `${words.order} ${order.number}`,
    script: "shop.js",
    navigation: navigation(reading),
    main,
  });
}

function pendingPart(reading: Reading, { order, payments, now }: Omit<OrderView, "problem">): Html {
  const { words } = reading;
  const path = `/shop/api/orders/${encodeURIComponent(order.id)}`;
  return html`${countdown(words.timeLeft, order.expiresAt, now)}
    <div class="buttons">
      ${payForm(reading, path, payments)}
      <form method="post" action="${path}/cancel"><button>${words.cancel}</button></form>
    </div>`;
}

/** Goes on with the open attempt; when there is none, starts another with the last one's provider. */
function payForm({ words }: Reading, path: string, payments: readonly Payment[]): Html {
  const open = payments.find(({ status }) => status === "init" || status === "processing");
  if (open) {
    return html`<form method="post" action="${path}/payments/${encodeURIComponent(open.id)}/start">
      <button class="primary">${words.payNow}</button>
    </form>`;
  }
  return html`<form method="post" action="${path}/payments">
    <input type="hidden" name="provider" value="${payments.at(-1)?.provider ?? ""}" />
    <button class="primary">${words.payAgain}</button>
  </form>`;
}

function itemLine(item: Order["items"][number], currency: string): Html {
  return html`<li><span>${item.name} × ${item.quantity}</span>${money(item.unitPrice, currency)}</li>`;
}

function paymentLine({ words }: Reading, payment: Payment, currency: string): Html {
  const status = wordFor(words.paymentStatus, payment.status, payment.status);
  return html`<li><span>${payment.provider} · ${status}</span>${money(payment.amount, currency)}</li>`;
}
