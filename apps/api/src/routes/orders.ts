import { createRoute, z } from "@hono/zod-openapi";
import { orders, payments, refunds, type Order } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";
import { addPayment, cancelOrder, placeOrder, viewOrder, viewPayment, viewRefund } from "@zhanggui/operations";

import type { Deps } from "../deps.ts";
import { json, jsonBody, refusals } from "../http/responses.ts";
import { createRouter } from "../http/router.ts";
import { nextCursorOf, pageQuery } from "../schemas/page.ts";
import { addPaymentSchema, orderSchema, paymentSchema, placeOrderSchema, refundSchema } from "../schemas/shop.ts";
import { idParam, storableText } from "../schemas/text.ts";

const security = [{ bearer: [] }];
const tags = ["Orders"];
const longestKey = 200;

const placeRoute = createRoute({
  method: "post",
  path: "/",
  tags,
  security,
  summary: "Place an order: reserves every line or none, at the catalogue's prices.",
  request: {
    headers: z.object({ "idempotency-key": storableText(longestKey).optional() }),
    body: jsonBody(placeOrderSchema),
  },
  responses: { 201: json(z.object({ order: orderSchema, payment: paymentSchema }), "Placed."), ...refusals },
});

const listRoute = createRoute({
  method: "get",
  path: "/",
  tags,
  security,
  summary: "The caller's orders, newest first.",
  request: { query: z.object({ status: orderSchema.shape.status.optional(), ...pageQuery("ord") }) },
  responses: {
    200: json(z.object({ orders: z.array(orderSchema), nextCursor: z.string().nullable() }), "A page."),
    ...refusals,
  },
});

const readRoute = createRoute({
  method: "get",
  path: "/{id}",
  tags,
  security,
  summary: "One order with its payments and refunds.",
  request: { params: idParam },
  responses: {
    200: json(
      z.object({ order: orderSchema, payments: z.array(paymentSchema), refunds: z.array(refundSchema) }),
      "The order.",
    ),
    ...refusals,
  },
});

const cancelRoute = createRoute({
  method: "post",
  path: "/{id}/cancel",
  tags,
  security,
  summary: "Cancel an unpaid order and release its stock.",
  request: { params: idParam },
  responses: { 200: json(z.object({ order: orderSchema }), "Cancelled."), ...refusals },
});

const payRoute = createRoute({
  method: "post",
  path: "/{id}/payments",
  tags,
  security,
  summary: "A new attempt at paying, with a number of its own.",
  request: { params: idParam, body: jsonBody(addPaymentSchema) },
  responses: { 201: json(z.object({ payment: paymentSchema }), "Made."), ...refusals },
});

/** The shop's orders. Somebody else's order is not there. */
export function orderRoutes({ engine }: Pick<Deps, "engine">) {
  const { db } = engine;
  return createRouter()
    .openapi(placeRoute, async (c) => {
      const placed = await placeOrder(engine, {
        ...c.req.valid("json"),
        customerId: c.get("caller").sub,
        idempotencyKey: c.req.valid("header")["idempotency-key"],
      });
      return c.json(placed, 201);
    })
    .openapi(listRoute, async (c) => {
      const { status, cursor, limit } = c.req.valid("query");
      const page = await orders.page(db, { customerId: c.get("caller").sub, status, cursor, limit });
      const lines = Map.groupBy(
        await orders.linesOf(
          db,
          page.map(({ id }) => id),
        ),
        ({ order_id }) => order_id,
      );
      const views = page.map((order) => viewOrder(order, lines.get(order.id) ?? []));
      return c.json({ orders: views, nextCursor: nextCursorOf(page, limit) }, 200);
    })
    .openapi(readRoute, async (c) => {
      const { id } = c.req.valid("param");
      const order = ownOrder(await orders.find(db, id), id, c.get("caller").sub);
      const [lines, attempts, back] = await Promise.all([
        orders.linesOf(db, [id]),
        payments.ofOrder(db, id),
        refunds.ofOrder(db, id),
      ]);
      const views = { payments: attempts.map(viewPayment), refunds: back.map(viewRefund) };
      return c.json({ order: viewOrder(order, lines), ...views }, 200);
    })
    .openapi(cancelRoute, async (c) => {
      const { sub } = c.get("caller");
      const order = await cancelOrder(engine, { orderId: c.req.valid("param").id, customerId: sub, actor: sub });
      return c.json({ order }, 200);
    })
    .openapi(payRoute, async (c) => {
      const payment = await addPayment(engine, {
        customerId: c.get("caller").sub,
        orderId: c.req.valid("param").id,
        provider: c.req.valid("json").provider,
      });
      return c.json({ payment }, 201);
    });
}

export function ownOrder(order: Order | undefined, id: string, customerId: string): Order {
  if (order === undefined || order.customer_id !== customerId) throw new Fault("order_not_found", { orderId: id });
  return order;
}
