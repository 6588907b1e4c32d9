import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";

import type { Played } from "../vendors/play-accounts.ts";
import type { Book } from "../book/book.ts";
import { readingOf } from "../pages/language.ts";
import { messagePage } from "../pages/layout.ts";
import { shopActions } from "./actions.ts";
import { channelsOf } from "./channels.ts";
import { type OpenShopDeps, shopPages } from "./shop-pages.ts";

const maximumBodyBytes = 16_384;

export type ShopDeps = {
  readonly played: Played;
  readonly book: Book;
  readonly apiUrl: string;
  readonly jwtSecret: string | undefined;
  readonly now: () => Date;
};

/** A small shop with its own backend: pages at `/shop`, what they post and listen to under `/shop/api`. */
export function shopRoutes({ jwtSecret, apiUrl, now, played, book }: ShopDeps) {
  if (jwtSecret === undefined) return closedShop();
  const open: OpenShopDeps = {
    jwtSecret,
    apiUrl,
    now,
    channels: channelsOf(played),
    isPlayed: (provider) => played.has(provider),
    hasCashier(provider, outTradeNo) {
      const folder = book.find(provider, outTradeNo);
      return folder !== undefined;
    },
  };
  return new Hono()
    .use(bodyLimit({ maxSize: maximumBodyBytes }))
    .route("/api", shopActions(open))
    .route("/", shopPages(open));
}

function closedShop() {
  return new Hono().all("*", (c) => {
    const reading = readingOf(c);
    return c.html(messagePage(reading, { title: reading.words.shopClosed, text: reading.words.shopClosedText }), 503);
  });
}
