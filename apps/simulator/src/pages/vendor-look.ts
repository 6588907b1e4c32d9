import { html } from "hono/html";

import type { Look } from "../vendors/vendor.ts";
import type { Reading } from "./language.ts";
import type { Html, Page } from "./layout.ts";

/** The word mark and the style of a vendor's cashier; the plain one stays in the shop's frame. */
export function vendorHeader({ words }: Reading, look: Look): Pick<Page, "vendor"> {
  if (look === "plain") return {};
  const mark = html`<span class="brand">${words.vendor[look]} <span class="mode">${words.vendorMode}</span></span>`;
  return { vendor: { mark, className: `look look-${look}` } };
}

type Card = { readonly number: string; readonly expiry: string; readonly code: string };

/** Shown and not typed: no real card number has any business here. */
const cards: Readonly<Partial<Record<Look, Card>>> = {
  stripe: { number: "4242 4242 4242 4242", expiry: "12 / 34", code: "123" },
  unionpay: { number: "6216 2610 0000 0000 018", expiry: "12 / 34", code: "123" },
};

/** The card of those vendors whose cashier asks for one. */
export function testCard({ words }: Reading, look: Look): Html {
  const card = cards[look];
  if (card === undefined) return html``;
  return html`<dl class="test-card" aria-label="${words.testCard}">
    <div class="wide">
      <dt>${words.cardNumber}</dt>
      <dd>${card.number}</dd>
    </div>
    <div>
      <dt>${words.cardExpiry}</dt>
      <dd>${card.expiry}</dd>
    </div>
    <div>
      <dt>${words.cardCode}</dt>
      <dd>${card.code}</dd>
    </div>
  </dl>`;
}
