import { html } from "hono/html";

import type { Scripts } from "../scripts/read-scripts.ts";
import type { Run } from "../scripts/run.ts";
import type { Reading } from "./language.ts";
import type { Html } from "./layout.ts";

/** Every script as a button, with what will happen when it is pressed. */
export function scriptList({ words, language }: Reading, scripts: Scripts): Html {
  return html`<h3>${words.scripts}</h3>
    <p class="hint">${words.scriptsText}</p>
    <ul class="scripts">
      ${[...scripts.values()].map(
        ({ name, title, what }) =>
          html`<li>
            <button name="script" value="${name}" aria-describedby="script-${name}">${title[language]}</button>
            <p class="hint" id="script-${name}">${what[language]}</p>
          </li>`,
      )}
    </ul>`;
}

/** How far the last script of this payment is, and a button to end it. */
export function runSection({ words, language }: Reading, run: Run | undefined, scripts: Scripts): Html {
  if (run === undefined) return html``;
  const title = scripts.get(run.script)?.title[language] ?? run.script;
  const over = run.steps.filter(({ state }) => state === "done" || state === "refused").length;
  const { progress } = run;
  return html`<section class="card run" role="status">
    <p>
      <strong>${words.script}: ${title}</strong>
      <span class="hint">${over} / ${run.steps.length} ${words.stepOf} · ${words.seed} ${run.seed}</span>
    </p>
    <p>${words.runState[progress.state]}${progress.state === "failed" ? `: ${words.runFailure[progress.why]}` : ""}</p>
    ${progress.state === "running" ? html`<button name="stop" value="${run.id}">${words.stopScript}</button>` : ""}
  </section>`;
}
