import { html } from "hono/html";

import { type Reading, formatTime } from "../pages/language.ts";
import { type Html, layout } from "../pages/layout.ts";
import { alert, countdown, money } from "../pages/parts.ts";
import { wordFor } from "../pages/words.ts";
import type { Order, Payment } from "./api-schemas.ts";
import { type Channel, channelField, channelName } from "./channels.ts";
import { navigation } from "./navigation.ts";
import type { OrderWithPayments } from "./shop-api.ts";
import { statusBadge } from "./status-badge.ts";

export type OrderView = OrderWithPayments & {
  readonly channels: readonly Channel[];
  readonly now: Date;
  readonly problem: string | undefined;
};

/** One order, live: the script listens to the order's events and fetches this page again on each of them. */
export function orderPage(reading: Reading, { order, payments, channels, now, problem }: OrderView): Html {
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
    ${order.status === "pending" ? pendingPart(reading, { order, payments, channels, now }) : ""}
    <h2>${words.items}</h2>
    <ul class="items">
      ${order.items.map((item) => itemLine(item, order.currency))}
      <li class="total"><span>${words.total}</span>${money(order.amount, order.currency)}</li>
    </ul>
    <h2>${words.payments}</h2>
    <ul class="items">
      ${payments.map((payment) => paymentLine(reading, payment, { channels, currency: order.currency }))}
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

type Pending = Omit<OrderView, "problem">;

function pendingPart(reading: Reading, { order, payments, channels, now }: Pending): Html {
  const { words } = reading;
  const path = `/shop/api/orders/${encodeURIComponent(order.id)}`;
  const open = payments.findLast(({ status }) => status === "init" || status === "processing");
  return html`${countdown(words.timeLeft, order.expiresAt, now)}
    <div class="buttons">
      ${open ? payForm(reading, path, { open, channels }) : ""}
      <form method="post" action="${path}/cancel"><button>${words.cancel}</button></form>
    </div>
    ${open !== undefined && channels.length < 2 ? "" : anotherForm(reading, path, { open, payments, channels })}`;
}

/** Goes on with the open attempt. */
function payForm(
  reading: Reading,
  path: string,
  { open, channels }: Pick<Pending, "channels"> & { readonly open: Payment },
) {
  return html`<form method="post" action="${path}/payments/${encodeURIComponent(open.id)}/start">
    <button class="primary">${reading.words.payNow} · ${channelName(reading, channels, open.provider)}</button>
  </form>`;
}

type Another = Pick<Pending, "channels" | "payments"> & { readonly open: Payment | undefined };

/** Starts another attempt, the last one's provider chosen before: after a failure, or to pay another way. */
function anotherForm(reading: Reading, path: string, { open, payments, channels }: Another): Html {
  const { words } = reading;
  return html`<form class="choice" method="post" action="${path}/payments">
    ${channelField(reading, channels, payments.at(-1)?.provider)}
    <button class="${open ? "" : "primary"}">${open ? words.payOtherwise : words.payAgain}</button>
  </form>`;
}

function itemLine(item: Order["items"][number], currency: string): Html {
  return html`<li><span>${item.name} × ${item.quantity}</span>${money(item.unitPrice, currency)}</li>`;
}

type Line = { readonly channels: readonly Channel[]; readonly currency: string };

function paymentLine(reading: Reading, payment: Payment, { channels, currency }: Line): Html {
  const status = wordFor(reading.words.paymentStatus, payment.status, payment.status);
  const name = channelName(reading, channels, payment.provider);
  return html`<li><span>${name} · ${status}</span>${money(payment.amount, currency)}</li>`;
}
