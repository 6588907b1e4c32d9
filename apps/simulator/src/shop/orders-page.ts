import { html } from "hono/html";

import { type Reading, formatTime } from "../pages/language.ts";
import { type Html, layout } from "../pages/layout.ts";
import { alert, money } from "../pages/parts.ts";
import { wordFor } from "../pages/words.ts";
import type { Order } from "./api-schemas.ts";
import { navigation } from "./navigation.ts";
import { statusBadge } from "./status-badge.ts";

export type OrdersView = { readonly orders: readonly Order[]; readonly problem: string | undefined };

export function ordersPage(reading: Reading, { orders, problem }: OrdersView): Html {
  const { words } = reading;
  const { shopProblem } = words;
  const main = html`<h1>${words.myOrders}</h1>
    ${alert(problem && wordFor(shopProblem, problem, shopProblem.other))}
    ${orders.length > 0 || problem !== undefined ? "" : noOrders(reading)}
    <ul class="orders">
      ${orders.map((order) => orderLine(reading, order))}
    </ul>`;
  return layout(reading, { title: words.myOrders, script: "shop.js", navigation: navigation(reading), main });
}

function noOrders({ words }: Reading): Html {
  return html`<section class="card message">
    <p>${words.noOrders}</p>
    <a class="button primary" href="/shop">${words.goShopping}</a>
  </section>`;
}

function orderLine(reading: Reading, order: Order): Html {
  const [first, ...others] = order.items;
  return html`<li>
    <a class="card order-line" href="/shop/orders/${encodeURIComponent(order.id)}">
      <span class="name">${first?.name}${others.length > 0 ? ` +${others.length}` : ""}</span>
      ${statusBadge(reading, order.status)}
      <span class="hint">${formatTime(reading.language, order.createdAt)}</span>
      <span class="price">${money(order.amount, order.currency)}</span>
    </a>
  </li>`;
}
