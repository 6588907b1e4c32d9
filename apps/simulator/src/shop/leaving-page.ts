import { html } from "hono/html";

import type { Reading } from "../pages/language.ts";
import { type Html, layout } from "../pages/layout.ts";
import { navigation } from "./navigation.ts";

/** For a cashier that is not this simulator's. */
export function leavingPage(reading: Reading, href: string): Html {
  const { words } = reading;
  const main = html`<section class="card message">
    <h1>${words.continueToCashier}</h1>
    <p>${words.continueText}</p>
    <a class="button primary" href="${href}" rel="noreferrer">${words.continueToCashier}</a>
  </section>`;
  return layout(reading, { title: words.continueToCashier, script: "shop.js", navigation: navigation(reading), main });
}
