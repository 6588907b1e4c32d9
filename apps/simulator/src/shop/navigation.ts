import { html } from "hono/html";

import type { Reading } from "../pages/language.ts";
import type { Html } from "../pages/layout.ts";

export function navigation({ words }: Reading): Html {
  return html`<a href="/shop">${words.goods}</a> <a href="/shop/orders">${words.myOrders}</a>`;
}
