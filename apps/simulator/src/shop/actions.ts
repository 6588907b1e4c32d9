import { type Context, Hono } from "hono";
import { z } from "zod";

import { readingOf } from "../pages/language.ts";
import { leavingPage } from "./leaving-page.ts";
import { customerOf } from "./customer.ts";
import { addPayment, cancelOrder, openOrderEvents, placeOrder, startPayment } from "./shop-api.ts";
import { orderPath, paymentPath } from "./paths.ts";
import type { OpenShopDeps } from "./shop-pages.ts";
import { cashierPathOf } from "./step.ts";

const maximumQuantity = 999;

const basketForm = z.object({
  sku: z.string().min(1),
  quantity: z.coerce.number().int().min(1).max(maximumQuantity),
  provider: z.string().min(1),
  idempotencyKey: z.uuid(),
});
const paymentForm = z.object({ provider: z.string().min(1) });

/** What the shop's pages post to and listen to: the browser never talks to the Zhanggui API itself. */
export function shopActions(deps: OpenShopDeps) {
  async function goToPay(c: Context, orderId: string, paymentId: string): Promise<Response> {
    const back = orderPath(orderId);
    const returnUrl = new URL(back, c.req.url).href;
    const started = await startPayment(deps, customerOf(c), { id: paymentId, returnUrl });
    if (!started.ok) return backTo(c, back, started.code);
    const action = started.value;
    switch (action.type) {
      case "none":
        return backTo(c, back, "no_cashier");
      case "qr":
      case "form":
        return c.redirect(paymentPath(orderId, paymentId), 303);
      case "redirect": {
        const path = cashierPathOf(deps, action.url, back);
        // Browsers forbid a form to lead to another site.
        return path === undefined ? c.html(leavingPage(readingOf(c), action.url)) : c.redirect(path, 303);
      }
    }
  }

  return new Hono()
    .post("/orders", async (c) => {
      const basket = basketForm.safeParse(await c.req.parseBody());
      if (!basket.success) return backTo(c, "/shop", "invalid_input");
      const placed = await placeOrder(deps, customerOf(c), basket.data);
      return placed.ok ? backTo(c, orderPath(placed.value.order.id)) : backTo(c, "/shop", placed.code);
    })
    .post("/orders/:id/cancel", async (c) => {
      const id = c.req.param("id");
      const cancelled = await cancelOrder(deps, customerOf(c), id);
      return backTo(c, orderPath(id), cancelled.ok ? undefined : cancelled.code);
    })
    .post("/orders/:id/payments", async (c) => {
      const id = c.req.param("id");
      const form = paymentForm.safeParse(await c.req.parseBody());
      if (!form.success) return backTo(c, orderPath(id), "invalid_input");
      const added = await addPayment(deps, customerOf(c), { id, provider: form.data.provider });
      if (!added.ok) return backTo(c, orderPath(id), added.code);
      return goToPay(c, id, added.value.payment.id);
    })
    .post("/orders/:id/payments/:paymentId/start", (c) => goToPay(c, c.req.param("id"), c.req.param("paymentId")))
    .get("/orders/:id/events", async (c) => {
      const order = { id: c.req.param("id"), closing: c.req.raw.signal };
      const stream = await openOrderEvents(deps, customerOf(c), order);
      if (!stream) return c.json({ code: "api_unreachable" }, 503);
      return new Response(stream.body, {
        headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
      });
    });
}

function backTo(c: Context, path: string, problem?: string): Response {
  return c.redirect(problem === undefined ? path : `${path}?${new URLSearchParams({ problem }).toString()}`, 303);
}
