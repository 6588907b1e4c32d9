import { html } from "hono/html";

import type { Language, Reading } from "../../pages/language.ts";
import { type Html, layout } from "../../pages/layout.ts";
import { vendorHeader } from "../../pages/vendor-look.ts";
import { type AnswerCode, type RefusalCode, answerTexts } from "./answer-codes.ts";

/** Why a buyer is not led to the cashier; the field is the one that is missing or wrong. */
export type FrontRefusal = {
  readonly code: RefusalCode;
  readonly orderId?: string | undefined;
  readonly field?: string;
};

type FrontWords = {
  readonly title: string;
  readonly advice: string;
  readonly code: string;
  readonly orderId: string;
  readonly field: string;
};

const words: Readonly<Record<Language, FrontWords>> = {
  zh: {
    title: "订单无法支付",
    advice: "此处没有扣款。请返回商户查看订单。",
    code: "应答码",
    orderId: "商户订单号",
    field: "字段",
  },
  en: {
    title: "This order cannot be paid",
    advice: "Nothing was charged here. Please go back to the merchant and look at the order.",
    code: "Answer code",
    orderId: "Order number",
    field: "Field",
  },
};

const englishTexts: Readonly<Partial<Record<AnswerCode, string>>> = {
  "10": "The message has a wrong form.",
  "11": "The merchant's signature is wrong.",
  "12": "There is another order of this number.",
  "13": "The message lacks something.",
  "31": "This merchant is not known here.",
  "39": "The order's time or its deadline has passed.",
};

const shownCharacters = 64;

/** The page instead of the cashier. What it repeats of the order came with a form that anyone could post. */
export function frontPage(reading: Reading, { code, orderId, field }: FrontRefusal): Html {
  const said = words[reading.language];
  const text = reading.language === "en" ? (englishTexts[code] ?? answerTexts[code]) : answerTexts[code];
  const main = html`<section class="card pay">
    <h1>${said.title}</h1>
    <p class="alert" role="alert">${text}</p>
    <p>${said.advice}</p>
    <dl>${line(said.code, code)} ${line(said.orderId, orderId)} ${line(said.field, field)}</dl>
  </section>`;
  return layout(reading, { title: said.title, script: "cashier.js", ...vendorHeader(reading, "unionpay"), main });
}

function line(name: string, value: string | undefined): Html {
  if (value === undefined || value === "") return html``;
  return html`<div>
    <dt>${name}</dt>
    <dd class="number">${value.slice(0, shownCharacters)}</dd>
  </div>`;
}
