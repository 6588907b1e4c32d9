import { html } from "hono/html";

import { type Reading, otherLanguageHref } from "./language.ts";

export type Html = ReturnType<typeof html>;

export type Page = {
  readonly title: string;
  readonly script: "cashier.js" | "shop.js";
  readonly navigation?: Html;
  /** Stands in the shop's place in the header of a vendor's cashier; `className` goes to the body with it. */
  readonly vendor?: { readonly mark: Html; readonly className: string };
  readonly main: Html;
};

/** The frame of every page. Styles and scripts are files of this server: the policy allows nothing inline. */
export function layout(reading: Reading, { title, script, navigation, vendor, main }: Page): Html {
  const { language, words } = reading;
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light" />
        <title>${title} · ${words.shopName}</title>
        <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/static/style.css" />
        <script type="module" src="/static/${script}"></script>
      </head>
      <body class="${vendor?.className ?? ""}">
        <a class="skip" href="#main">${words.skip}</a>
        <header class="bar">
          ${vendor?.mark ?? shopMark(reading)}
          <nav>
            ${navigation ?? ""}
            <a class="toggle" href="${otherLanguageHref(reading)}" lang="${language === "zh" ? "en" : "zh"}"
              >${words.otherLanguage}</a
            >
          </nav>
        </header>
        <main id="main">${main}</main>
        <p id="announcement" class="unseen" role="status"></p>
        <footer>${words.simulated}</footer>
      </body>
    </html>`;
}

function shopMark({ words }: Reading): Html {
  return html`<a class="brand" href="/shop"
    ><img src="/static/icon.svg" alt="" width="28" height="28" />${words.shopName}</a
  >`;
}

/** A page that only says one thing. */
export function messagePage(
  reading: Reading,
  { title, text }: { readonly title: string; readonly text: string },
): Html {
  const main = html`<section class="card message">
    <h1>${title}</h1>
    <p>${text}</p>
  </section>`;
  return layout(reading, { title, script: "shop.js", main });
}
