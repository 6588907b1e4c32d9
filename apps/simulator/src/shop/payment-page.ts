import { html, raw } from "hono/html";
import { renderSVG } from "uqr";

import type { Reading } from "../pages/language.ts";
import { type Html, layout } from "../pages/layout.ts";
import { countdown, money } from "../pages/parts.ts";
import type { Order, Payment } from "./api-schemas.ts";
import { navigation } from "./navigation.ts";
import { orderPath } from "./paths.ts";
import { statusBadge } from "./status-badge.ts";

/** What the buyer has to do: scan a text, or post a form to a path of this server. */
export type Step =
  | { readonly kind: "qr"; readonly text: string; readonly cashierPath: string | undefined }
  | { readonly kind: "form"; readonly path: string; readonly fields: Readonly<Record<string, string>> };

export type PaymentPageView = {
  readonly order: Order;
  readonly payment: Payment;
  readonly step: Step;
  readonly channel: string;
  readonly now: Date;
};

/** The way from an order to its payment, live: once there is nothing more to pay, its address leads to the order. */
export function paymentPage(reading: Reading, { order, payment, step, channel, now }: PaymentPageView): Html {
  const { words } = reading;
  const title = step.kind === "qr" ? words.scan : words.continueToCashier;
  const main = html`<section
    class="card scan"
    data-events="/shop/api/orders/${encodeURIComponent(order.id)}/events"
    data-state="${title}"
    data-version="${order.status} ${payment.id}.${payment.status}"
  >
    <p class="label">${channel}</p>
    <h1>${title}</h1>
    <p class="price">${money(payment.amount, order.currency)}</p>
    ${statusBadge(reading, order.status)} ${countdown(words.timeLeft, order.expiresAt, now)}
    ${step.kind === "qr" ? scanning(reading, step) : posting(reading, step)}
    <a href="${orderPath(order.id)}">${words.backToOrder}</a>
    <p class="hint">${words.live}</p>
  </section>`;
  return layout(reading, { title, script: "shop.js", navigation: navigation(reading), main });
}

function scanning({ words }: Reading, { text, cashierPath }: Extract<Step, { readonly kind: "qr" }>): Html {
  const code = renderSVG(text, { border: 4, pixelSize: 8 });
  return html`<div class="qr" role="img" aria-label="${words.qrLabel}">${raw(code)}</div>
    <p class="hint">${words.scanText}</p>
    ${cashierPath === undefined ? "" : html`<a class="button primary" href="${cashierPath}">${words.openHere}</a>`}`;
}

function posting({ words }: Reading, { path, fields }: Extract<Step, { readonly kind: "form" }>): Html {
  return html`<p>${words.formText}</p>
    <form method="post" action="${path}">
      ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
      <button class="primary">${words.continueToCashier}</button>
    </form>`;
}
