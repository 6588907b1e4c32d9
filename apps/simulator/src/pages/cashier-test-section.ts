import { html } from "hono/html";

import type { Status } from "../book/standing.ts";
import type { Scripts } from "../scripts/read-scripts.ts";
import { scriptList } from "./cashier-scripts.ts";
import type { Reading } from "./language.ts";
import type { Html } from "./layout.ts";

const maximumDuplicates = 20;

/** The faults that go with the next button; folded away, as a buyer has no use for them. */
export function testSection(reading: Reading, status: Status, scripts: Scripts): Html {
  const { words } = reading;
  const closed = status === "CLOSED" || status === "EXPIRED";
  return html`<details class="card test">
    <summary>${words.test}</summary>
    <p class="hint">${words.testText}</p>
    <label class="field">
      <span>${words.duplicates}</span>
      <input
        type="number"
        name="duplicates"
        value="0"
        min="0"
        max="${maximumDuplicates}"
        inputmode="numeric"
        required
      />
    </label>
    ${status === "SUCCESS" ? "" : checkbox("short", words.short)} ${checkbox("forge", words.forge)}
    ${status === "SUCCESS" ? html`<button name="do" value="notify">${words.notifyAgain}</button>` : ""}
    ${closed ? html`<button name="do" value="pay-late">${words.late}</button>` : ""}
    ${closed || status === "SUCCESS" ? "" : html`<p class="hint">${words.lateHint}</p>`} ${scriptList(reading, scripts)}
  </details>`;
}

function checkbox(name: string, label: string): Html {
  return html`<label class="check"><input type="checkbox" name="${name}" /> <span>${label}</span></label>`;
}
