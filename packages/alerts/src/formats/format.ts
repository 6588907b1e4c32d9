import type { Channel } from "../channel.ts";
import type { AlertNews } from "../news.ts";
import type { Language } from "../words.ts";

export type Letter = {
  readonly news: AlertNews;
  readonly channel: Pick<Channel, "url" | "secret">;
  readonly language: Language;
  readonly now: Date;
};

export type Post = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** A receiver's word: whether it took the message, and what it said. */
export type Answer = { readonly ok: boolean; readonly says: string };

/** How one kind of receiver is spoken to, and understood. Both are pure. */
export type Format = {
  readonly write: (letter: Letter) => Post;
  /** `body` is the beginning of it. Only for a 2xx: everything else is a refusal. */
  readonly read: (body: string) => Answer;
};

export function postJson(url: string, body: unknown): Post {
  return { url, headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(body) };
}
