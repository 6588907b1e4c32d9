import { html } from "hono/html";

import type { Reading } from "../pages/language.ts";
import type { Html } from "../pages/layout.ts";
import { wordFor } from "../pages/words.ts";

const tones: ReadonlyMap<string, string> = new Map([
  ["pending", "wait"],
  ["paid", "good"],
  ["shipped", "good"],
  ["completed", "good"],
]);

export function statusBadge({ words }: Reading, status: string): Html {
  return html`<span class="badge ${tones.get(status) ?? "quiet"}">${wordFor(words.orderStatus, status, status)}</span>`;
}
