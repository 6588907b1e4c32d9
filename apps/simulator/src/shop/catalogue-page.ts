import { html } from "hono/html";

import type { Reading } from "../pages/language.ts";
import { type Html, layout } from "../pages/layout.ts";
import { alert, money } from "../pages/parts.ts";
import { wordFor } from "../pages/words.ts";
import type { Product } from "./api-schemas.ts";
import { type Channel, channelField } from "./channels.ts";
import { navigation } from "./navigation.ts";

const currency = "CNY";
const maximumQuantity = 99;
const tileColours = 6;

export type CatalogueView = {
  readonly products: readonly Product[];
  readonly channels: readonly Channel[];
  readonly problem: string | undefined;
  readonly newKey: () => string;
};

export function cataloguePage(reading: Reading, view: CatalogueView): Html {
  const { words } = reading;
  const { shopProblem } = words;
  const main = html`<h1>${words.goods}</h1>
    ${alert(view.problem && wordFor(shopProblem, view.problem, shopProblem.other))}
    ${view.products.length === 0 ? html`<p class="empty">${words.noGoods}</p>` : ""}
    <ul class="goods">
      ${view.products.map((product, index) => productCard(reading, view, { product, tile: index % tileColours }))}
    </ul>`;
  return layout(reading, { title: words.goods, script: "shop.js", navigation: navigation(reading), main });
}

type Shown = { readonly product: Product; readonly tile: number };

function productCard(reading: Reading, view: CatalogueView, { product, tile }: Shown): Html {
  const { words } = reading;
  const inStock = product.available > 0;
  return html`<li class="card product">
    <div class="tile tile-${tile}" aria-hidden="true">${initialOf(product.name)}</div>
    <h2>${product.name}</h2>
    <p class="price">${money(product.price, currency)}</p>
    <p class="hint">${inStock ? `${words.stock} ${product.available}` : words.soldOut} · ${product.sku}</p>
    <form method="post" action="/shop/api/orders">
      <input type="hidden" name="sku" value="${product.sku}" />
      <input type="hidden" name="idempotencyKey" value="${view.newKey()}" />
      ${channelField(reading, view.channels)}
      <label class="field">
        <span>${words.quantity}</span>
        <input
          type="number"
          name="quantity"
          value="1"
          min="1"
          max="${Math.max(1, Math.min(product.available, maximumQuantity))}"
          inputmode="numeric"
          required
          ${inStock ? "" : "disabled"}
        />
      </label>
      <button class="primary" ${inStock ? "" : "disabled"}>${words.buy}</button>
    </form>
  </li>`;
}

const graphemes = new Intl.Segmenter("zh");

function initialOf(name: string): string {
  return graphemes.segment(name).containing(0)?.segment ?? "";
}
