import { html } from "hono/html";

import type { Answer, Notice } from "../book/records.ts";
import { type Reading, formatTime } from "./language.ts";
import type { Html } from "./layout.ts";

const shownNotices = 20;
const shownAnswerCharacters = 60;

/** What was told to the shop, and what it answered: newest first. */
export function noticesTable(reading: Reading, notices: readonly Notice[]): Html {
  const { words } = reading;
  if (notices.length === 0) return html``;
  return html`<section class="card notices">
    <h2>${words.notices}</h2>
    <ul>
      ${notices
        .slice(-shownNotices)
        .toReversed()
        .map((notice) => noticeLine(reading, notice))}
    </ul>
  </section>`;
}

function noticeLine({ words, language }: Reading, notice: Notice): Html {
  const last = notice.attempts.at(-1);
  return html`<li>
    <span class="badge ${notice.role === "forgery" ? "bad" : "quiet"}">${words.role[notice.role]}</span>
    <code>${notice.event ?? notice.facts.status}</code>
    <span class="answer">${last === undefined ? words.noAnswer : answerText(last.answer, words.noAnswer)}</span>
    <span class="hint">${words.progress[notice.progress.state]} · ×${notice.attempts.length}</span>
    <time datetime="${notice.createdAt}" class="hint">${formatTime(language, notice.createdAt)}</time>
  </li>`;
}

function answerText(answer: Answer, noAnswer: string): string {
  return answer.kind === "answered"
    ? `${answer.status} ${answer.body.slice(0, shownAnswerCharacters)}`
    : `${noAnswer}: ${answer.why}`;
}
