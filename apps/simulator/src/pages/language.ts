import type { Context } from "hono";
import { languageDetector } from "hono/language";

import { type Words, words } from "./words.ts";

/** What a page is written in, and where it stands: enough to make its switch to the other language. */
export type Reading = { readonly language: Language; readonly words: Words; readonly address: URL };

export type Language = keyof typeof words;

/** `?lang=` first, then the cookie that remembers it, then what the browser prefers. */
export const detectLanguage = languageDetector({
  supportedLanguages: ["zh", "en"],
  fallbackLanguage: "en",
  order: ["querystring", "cookie", "header"],
  lookupQueryString: "lang",
  lookupCookie: "lang",
  caches: ["cookie"],
  cookieOptions: { path: "/", sameSite: "Lax", secure: false, httpOnly: true, maxAge: 31_536_000 },
});

export function readingOf(c: Context): Reading {
  const language: Language = c.get("language") === "zh" ? "zh" : "en";
  return { language, words: words[language], address: new URL(c.req.url) };
}

/** The same page in the other language. */
export function otherLanguageHref({ language, address }: Reading): string {
  const other = new URLSearchParams(address.search);
  other.set("lang", language === "zh" ? "en" : "zh");
  return `${address.pathname}?${other.toString()}`;
}

const locales: Readonly<Record<Language, string>> = { zh: "zh-CN", en: "en-GB" };

export function formatTime(language: Language, time: string): string {
  const format = new Intl.DateTimeFormat(locales[language], {
    timeZone: "Asia/Shanghai",
    dateStyle: "medium",
    timeStyle: "medium",
  });
  return format.format(new Date(time));
}
