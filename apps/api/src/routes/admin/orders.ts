import { createRoute, z } from "@hono/zod-openapi";
import { audit, callbacks, exceptions, orders, payments, refunds } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";
import { cancelOrder, fulfilOrder, viewOrder, viewPayment, viewRefund } from "@zhanggui/operations";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import { auditEntrySchema, callbackWithBytesSchema, exceptionSchema, holdSchema } from "../../schemas/admin.ts";
import { orderSchema, paymentSchema, refundSchema } from "../../schemas/shop.ts";
import { nextCursorOf, pageQuery } from "../../schemas/page.ts";
import { idParam, storableText } from "../../schemas/text.ts";
import { viewAuditEntry, viewCallbackWithBytes, viewException, viewHold } from "../../views.ts";
import { adminRoute, reasonBody } from "./route.ts";

const longestSearch = 200;

const customerOrder = orderSchema.extend({ customerId: z.string() }).openapi("CustomerOrder");

const listRoute = createRoute({
  ...adminRoute(
    "Orders",
    "Orders, newest first; `q` is an order's number or id, a trade number, a transaction or a customer.",
  ),
  method: "get",
  path: "/",
  middleware: [requireRole("viewer")] as const,
  request: {
    query: z.object({
      status: orderSchema.shape.status.optional(),
      q: z.string().trim().pipe(storableText(longestSearch)).openapi({ type: "string" }).optional(),
      ...pageQuery("ord"),
    }),
  },
  responses: {
    200: json(z.object({ orders: z.array(customerOrder), nextCursor: z.string().nullable() }), "A page."),
    ...refusals,
  },
});

const readRoute = createRoute({
  ...adminRoute("Orders", "One order and everything that happened to it."),
  method: "get",
  path: "/{id}",
  middleware: [requireRole("viewer")] as const,
  request: { params: idParam },
  responses: {
    200: json(
      z.object({
        order: customerOrder,
        payments: z.array(paymentSchema),
        callbacks: z.array(callbackWithBytesSchema),
        refunds: z.array(refundSchema),
        holds: z.array(holdSchema),
        exceptions: z.array(exceptionSchema),
        audit: z.array(auditEntrySchema),
      }),
      "The order's timeline.",
    ),
    ...refusals,
  },
});

const moveRoute = <Event extends "ship" | "complete" | "cancel">(event: Event, summary: string) =>
  createRoute({
    ...adminRoute("Orders", summary),
    method: "post",
    path: `/{id}/${event}`,
    middleware: [requireRole("operator")] as const,
    request: { params: idParam, body: reasonBody },
    responses: { 200: json(z.object({ order: orderSchema }), "Done."), ...refusals },
  });

export function adminOrderRoutes({ engine }: Pick<Deps, "engine">) {
  const { db } = engine;
  return createRouter()
    .openapi(listRoute, async (c) => {
      const { status, q, cursor, limit } = c.req.valid("query");
      const page = await orders.page(db, { status, q, cursor, limit });
      const found = await orders.linesOf(
        db,
        page.map(({ id }) => id),
      );
      const lines = Map.groupBy(found, ({ order_id }) => order_id);
      const views = page.map((order) => ({
        ...viewOrder(order, lines.get(order.id) ?? []),
        customerId: order.customer_id,
      }));
      return c.json({ orders: views, nextCursor: nextCursorOf(page, limit) }, 200);
    })
    .openapi(readRoute, async (c) => {
      const { id } = c.req.valid("param");
      const order = await orders.find(db, id);
      if (order === undefined) throw new Fault("order_not_found", { orderId: id });
      const [lines, attempts, notices, back, holds, cases, entries] = await Promise.all([
        orders.linesOf(db, [id]),
        payments.ofOrder(db, id),
        callbacks.ofOrder(db, id),
        refunds.ofOrder(db, id),
        orders.holdsOf(db, id),
        exceptions.ofOrder(db, id),
        audit.ofOrder(db, id),
      ]);
      return c.json(
        {
          order: { ...viewOrder(order, lines), customerId: order.customer_id },
          payments: attempts.map(viewPayment),
          callbacks: notices.map(viewCallbackWithBytes),
          refunds: back.map(viewRefund),
          holds: holds.map(viewHold),
          exceptions: cases.map(viewException),
          audit: entries.map(viewAuditEntry),
        },
        200,
      );
    })
    .openapi(moveRoute("ship", "Ship a paid order."), async (c) => {
      const { sub } = c.get("caller");
      const why = c.req.valid("json").reason;
      const order = await fulfilOrder(engine, {
        orderId: c.req.valid("param").id,
        event: "ship",
        actor: sub,
        reason: why,
      });
      return c.json({ order }, 200);
    })
    .openapi(moveRoute("complete", "Complete a shipped order."), async (c) => {
      const { sub } = c.get("caller");
      const why = c.req.valid("json").reason;
      const order = await fulfilOrder(engine, {
        orderId: c.req.valid("param").id,
        event: "complete",
        actor: sub,
        reason: why,
      });
      return c.json({ order }, 200);
    })
    .openapi(moveRoute("cancel", "Cancel an unpaid order."), async (c) => {
      const { sub } = c.get("caller");
      const order = await cancelOrder(engine, {
        orderId: c.req.valid("param").id,
        customerId: undefined,
        actor: sub,
        why: c.req.valid("json").reason,
      });
      return c.json({ order }, 200);
    });
}
