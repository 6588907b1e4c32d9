import { randomUUID } from "node:crypto";

import { Hono } from "hono";

import { readingOf } from "../pages/language.ts";
import { messagePage } from "../pages/layout.ts";
import { wordFor } from "../pages/words.ts";
import type { ApiDeps } from "./api-client.ts";
import { cataloguePage } from "./catalogue-page.ts";
import { type Channel, channelName } from "./channels.ts";
import { customerOf } from "./customer.ts";
import { orderPage } from "./order-page.ts";
import { ordersPage } from "./orders-page.ts";
import { orderPath } from "./paths.ts";
import { paymentPage } from "./payment-page.ts";
import { findOrder, listOrders, listProducts, startPayment } from "./shop-api.ts";
import { type OwnPlaces, stepOf } from "./step.ts";

export type OpenShopDeps = ApiDeps & OwnPlaces & { readonly channels: readonly Channel[] };

export function shopPages(deps: OpenShopDeps) {
  return new Hono()
    .get("/", async (c) => {
      customerOf(c);
      const products = await listProducts(deps);
      const problem = products.ok ? c.req.query("problem") : products.code;
      return c.html(
        cataloguePage(readingOf(c), {
          products: products.ok ? products.value : [],
          channels: deps.channels,
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
        const { channels } = deps;
        const problem = c.req.query("problem");
        return c.html(orderPage(reading, { ...found.value, channels, now: deps.now(), problem }));
      }
      if (found.status === 404) return c.notFound();
      const { shopProblem } = reading.words;
      const text = wordFor(shopProblem, found.code, shopProblem.other);
      return c.html(messagePage(reading, { title: reading.words.order, text }), 503);
    })
    .get("/orders/:id/payments/:paymentId", async (c) => {
      const sub = customerOf(c);
      const back = orderPath(c.req.param("id"));
      const found = await findOrder(deps, sub, c.req.param("id"));
      const payment = found.ok ? found.value.payments.find(({ id }) => id === c.req.param("paymentId")) : undefined;
      // Nothing is started by looking: an attempt that is under way answers the action that it was started with.
      if (!found.ok || payment?.status !== "processing") return c.redirect(back);
      const { order } = found.value;
      const returnUrl = new URL(back, c.req.url).href;
      const started = await startPayment(deps, sub, { id: payment.id, returnUrl });
      const step = started.ok ? stepOf(deps, started.value, { payment, returnPath: back }) : undefined;
      if (step === undefined) return c.redirect(`${back}?problem=${started.ok ? "no_cashier" : started.code}`);
      const reading = readingOf(c);
      const channel = channelName(reading, deps.channels, payment.provider);
      return c.html(paymentPage(reading, { order, payment, step, channel, now: deps.now() }));
    });
}
