import { html } from "hono/html";

import type { Html } from "./layout.ts";

const symbols: ReadonlyMap<string, string> = new Map([
  ["CNY", "¥"],
  ["USD", "$"],
  ["EUR", "€"],
]);

export function money(amount: string, currency: string): Html {
  return html`<span class="money"><span class="symbol">${symbols.get(currency) ?? currency}</span>${amount}</span>`;
}

/** Counts down in the browser; the server's own time goes with it, as the visitor's clock may be wrong. */
export function countdown(label: string, deadline: string, now: Date): Html {
  return html`<p class="countdown" role="timer">
    <span>${label}</span>
    <time datetime="${deadline}" data-countdown="${deadline}" data-now="${now.toISOString()}">--:--</time>
  </p>`;
}

export function alert(text: string | undefined): Html {
  return html`${text === undefined ? "" : html`<p class="alert" role="alert">${text}</p>`}`;
}
