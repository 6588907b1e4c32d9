import { type HTMLElement, parse } from "node-html-parser";

const timeoutMs = 15_000;

/** What a person sees after a click, and what he can do there. */
export type Page = {
  readonly url: URL;
  readonly html: HTMLElement;
  readonly text: string;
  /** Follows the first link that the selector finds. */
  readonly follow: (selector: string) => Promise<Page>;
  /** Fills in and sends the form of the button that the selector finds. */
  readonly press: (selector: string, filled?: Readonly<Record<string, string>>) => Promise<Page>;
  readonly reload: () => Promise<Page>;
};

/** A browser without scripts: it keeps cookies, follows redirects, and sends forms as they are written. */
export function openBrowser() {
  const cookies = new Map<string, string>();

  async function load(url: URL, form?: URLSearchParams, from: URL = url): Promise<Page> {
    const response = await fetch(url, {
      method: form === undefined ? "GET" : "POST",
      ...(form === undefined ? {} : { body: form }),
      redirect: "manual",
      headers: {
        "accept-language": "en",
        ...(form === undefined ? {} : { origin: from.origin }),
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location !== null && response.status >= 300 && response.status < 400) return load(new URL(location, url));
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${url.href} answered ${response.status}:\n${text}`);
    return pageOf(url, text);
  }

  function pageOf(url: URL, text: string): Page {
    const html = parse(text);
    const find = (selector: string): HTMLElement => {
      const found = html.querySelector(selector);
      if (found === null) throw new Error(`nothing is ${selector} at ${url.href}:\n${text}`);
      return found;
    };
    return {
      url,
      html,
      text: html.querySelector("main")?.structuredText ?? "",
      follow: (selector) => load(new URL(find(selector).getAttribute("href") ?? "", url)),
      press(selector, filled = {}) {
        const button = find(selector);
        const form = button.closest("form");
        if (form === null) throw new Error(`${selector} is in no form`);
        const fields = new URLSearchParams({ ...valuesOf(form), ...filled });
        const name = button.getAttribute("name");
        if (name !== undefined) fields.set(name, button.getAttribute("value") ?? "");
        return load(new URL(form.getAttribute("action") ?? url.href, url), fields, url);
      },
      reload: () => load(url),
    };
  }

  return { open: (address: string) => load(new URL(address)) };
}

/** As they stand in the page: texts and hidden fields, boxes that are ticked, the chosen or first option. */
function valuesOf(form: HTMLElement): Record<string, string> {
  const values: Record<string, string> = {};
  for (const input of form.querySelectorAll("input[name]")) {
    const isBox = input.getAttribute("type") === "checkbox";
    if (!isBox || input.hasAttribute("checked")) {
      values[input.getAttribute("name") ?? ""] = input.getAttribute("value") ?? (isBox ? "on" : "");
    }
  }
  for (const select of form.querySelectorAll("select[name]")) {
    const chosen = select.querySelector("option[selected]") ?? select.querySelector("option");
    values[select.getAttribute("name") ?? ""] = chosen?.getAttribute("value") ?? "";
  }
  return values;
}
