import { html } from "hono/html";

import type { Folder } from "../book/folders.ts";
import { type Status, amountOf, statusOf } from "../book/standing.ts";
import type { Scripts } from "../scripts/read-scripts.ts";
import type { Run } from "../scripts/run.ts";
import type { Look } from "../vendors/vendor.ts";
import { noticesTable } from "./cashier-notices.ts";
import { runSection } from "./cashier-scripts.ts";
import { testSection } from "./cashier-test-section.ts";
import type { Reading } from "./language.ts";
import { type Html, layout } from "./layout.ts";
import { alert, countdown, money } from "./parts.ts";
import { testCard, vendorHeader } from "./vendor-look.ts";

/** Why a button did nothing. */
export const cashierRefusals = ["already_paid", "closed", "expired", "script_running", "too_many_runs"] as const;
export type CashierRefusal = (typeof cashierRefusals)[number];

export type CashierView = {
  readonly folder: Folder;
  readonly look: Look;
  readonly now: Date;
  readonly scripts: Scripts;
  /** The last one that was played with this payment. */
  readonly run: Run | undefined;
  readonly refused: CashierRefusal | undefined;
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
        ${isPayable(status) ? testCard(reading, view.look) : ""} ${isPayable(status) ? payButtons(reading) : ""}
        ${wayBack(reading, view, status)}
        <dl>
          <div>
            <dt>${words.channel}</dt>
            <dd>${words.vendor[view.look]} · ${payment.provider}</dd>
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
      ${runSection(reading, view.run, view.scripts)} ${testSection(reading, status, view.scripts)}
    </form>
    ${noticesTable(reading, [...notices.values()])}`;
  const title = `${words.cashier} · ${payment.subject}`;
  return layout(reading, { title, script: "cashier.js", ...vendorHeader(reading, view.look), main });
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

/** Back to the shop page that led here; else, once paid, to where the merchant asked the gateway to lead. */
function wayBack({ words }: Reading, { returnPath, folder }: CashierView, status: Status): Html {
  if (returnPath !== undefined) {
    const look = status === "SUCCESS" ? "back button primary" : "back";
    return html`<a class="${look}" href="${returnPath}">${words.backToShop}</a>`;
  }
  const returnUrl = webAddress(folder.payment.extra?.["returnUrl"]);
  if (status !== "SUCCESS" || returnUrl === undefined) return html``;
  return html`<a class="back button primary" href="${returnUrl}" rel="noreferrer">${words.backToMerchant}</a>`;
}

/** It came signed by the merchant, and still must not become a script. */
function webAddress(given: string | undefined): string | undefined {
  const url = given === undefined ? null : URL.parse(given);
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : undefined;
}
