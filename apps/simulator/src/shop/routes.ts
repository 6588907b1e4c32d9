import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";

import type { PlayedAccounts } from "../accounts.ts";
import { readingOf } from "../pages/language.ts";
import { messagePage } from "../pages/layout.ts";
import { shopActions } from "./actions.ts";
import { shopPages } from "./shop-pages.ts";

const maximumBodyBytes = 16_384;

export type ShopDeps = {
  readonly accounts: PlayedAccounts;
  readonly apiUrl: string;
  readonly jwtSecret: string | undefined;
  readonly now: () => Date;
};

/** A small shop with its own backend: pages at `/shop`, what they post and listen to under `/shop/api`. */
export function shopRoutes({ jwtSecret, ...deps }: ShopDeps) {
  if (jwtSecret === undefined) return closedShop();
  const open = { ...deps, jwtSecret };
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
