import { randomUUID } from "node:crypto";

import { Hono } from "hono";

import type { PlayedAccounts } from "../accounts.ts";
import { readingOf } from "../pages/language.ts";
import { messagePage } from "../pages/layout.ts";
import { wordFor } from "../pages/words.ts";
import type { ApiDeps } from "./api-client.ts";
import { cataloguePage } from "./catalogue-page.ts";
import { customerOf } from "./customer.ts";
import { orderPage } from "./order-page.ts";
import { ordersPage } from "./orders-page.ts";
import { findOrder, listOrders, listProducts } from "./shop-api.ts";

export type OpenShopDeps = ApiDeps & { readonly accounts: PlayedAccounts };

export function shopPages(deps: OpenShopDeps) {
  return new Hono()
    .get("/", async (c) => {
      customerOf(c);
      const products = await listProducts(deps);
      const problem = products.ok ? c.req.query("problem") : products.code;
      return c.html(
        cataloguePage(readingOf(c), {
          products: products.ok ? products.value : [],
          providers: [...deps.accounts.keys()],
          problem,
          newKey: randomUUID,
        }),
      );
    })
    .get("/orders", async (c) => {
      const orders = await listOrders(deps, customerOf(c));
      const problem = orders.ok ? undefined : orders.code;
      return c.html(ordersPage(readingOf(c), { orders: orders.ok ? orders.value : [], problem }));
    })
    .get("/orders/:id", async (c) => {
      const found = await findOrder(deps, customerOf(c), c.req.param("id"));
      const reading = readingOf(c);
      if (found.ok) {
        return c.html(orderPage(reading, { ...found.value, now: deps.now(), problem: c.req.query("problem") }));
      }
      if (found.status === 404) return c.notFound();
      const { shopProblem } = reading.words;
      const text = wordFor(shopProblem, found.code, shopProblem.other);
      return c.html(messagePage(reading, { title: reading.words.order, text }), 503);
    });
}
