import { html } from "hono/html";

import type { Folder } from "../book/folders.ts";
import type { PlayRefusal } from "../play/rule-play.ts";
import { type Status, amountOf, statusOf } from "../play/standing.ts";
import { noticesTable } from "./cashier-notices.ts";
import { testSection } from "./cashier-test-section.ts";
import type { Reading } from "./language.ts";
import { type Html, layout } from "./layout.ts";
import { alert, countdown, money } from "./parts.ts";

export type CashierView = {
  readonly folder: Folder;
  readonly now: Date;
  readonly refused: PlayRefusal | undefined;
  /** A path of this server to lead back to. */
  readonly returnPath: string | undefined;
};

/** The page where a person pays, or has one of the things happen that go wrong when people pay. */
export function cashierPage(reading: Reading, view: CashierView): Html {
  const { words } = reading;
  const { payment, notices } = view.folder;
  const status = statusOf(payment, view.now);
  const main = html`<form class="cashier" method="post">
      <input type="hidden" name="return" value="${view.returnPath ?? ""}" />
      <section class="card pay">
        ${alert(view.refused && words.playRefused[view.refused])} ${standing(reading, status)}
        <h1>${payment.subject}</h1>
        <p class="label">${status === "SUCCESS" ? words.amountPaid : words.amountDue}</p>
        <p class="amount">${money(amountOf(payment), payment.currency)}</p>
        ${isPayable(status) ? countdown(words.timeLeft, payment.expiresAt, view.now) : ""}
        ${isPayable(status) ? payButtons(reading) : ""} ${wayBack(reading, status, view.returnPath)}
        <dl>
          <div>
            <dt>${words.channel}</dt>
            <dd>${payment.provider}</dd>
          </div>
          <div>
            <dt>${words.orderNumber}</dt>
            <dd class="number">${payment.outTradeNo}</dd>
          </div>
          <div>
            <dt>${words.transactionId}</dt>
            <dd class="number">${payment.transactionId}</dd>
          </div>
        </dl>
      </section>
      ${testSection(reading, status)}
    </form>
    ${noticesTable(reading, [...notices.values()])}`;
  return layout(reading, { title: `${words.cashier} · ${payment.subject}`, script: "cashier.js", main });
}

function isPayable(status: Status): boolean {
  return status === "NOTPAY" || status === "PAYERROR";
}

function standing({ words }: Reading, status: Status): Html {
  switch (status) {
    case "NOTPAY":
      return html`<p class="badge quiet">${words.cashier}</p>`;
    case "SUCCESS":
      return statement("good", words.paid, words.paidText);
    case "PAYERROR":
      return statement("bad", words.failed, words.failedText);
    case "CLOSED":
      return statement("idle", words.closed, words.closedText);
    case "EXPIRED":
      return statement("idle", words.expired, words.expiredText);
  }
}

function statement(tone: "good" | "bad" | "idle", title: string, text: string): Html {
  return html`<div class="standing ${tone}" role="status">
    <strong>${title}</strong>
    <span>${text}</span>
  </div>`;
}

function payButtons({ words }: Reading): Html {
  return html`<div class="buttons">
    <button class="primary" name="do" value="pay">${words.pay}</button>
    <button name="do" value="fail">${words.payFails}</button>
    <button name="do" value="close">${words.close}</button>
  </div>`;
}

function wayBack({ words }: Reading, status: Status, returnPath: string | undefined): Html {
  if (returnPath === undefined) return html``;
  const look = status === "SUCCESS" ? "back button primary" : "back";
  return html`<a class="${look}" href="${returnPath}">${words.backToShop}</a>`;
}
