import { createRoute, z } from "@hono/zod-openapi";
import { audit, callbacks, exceptions, gatewayQueries, orders, payments, refundProposals, refunds } from "@zhanggui/db";
import { Decimal, Fault } from "@zhanggui/domain";
import {
  cancelByOperator,
  fulfilOrder,
  refundOrder,
  reviveOrder,
  viewCases,
  viewOrder,
  viewPayment,
  viewRefund,
  viewRefundProposal,
  withdrawRefund,
} from "@zhanggui/operations";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, jsonBody, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import {
  auditEntrySchema,
  callbackWithBytesSchema,
  cancelOrderSchema,
  exceptionSchema,
  gatewayQuerySchema,
  holdSchema,
  refundOrderSchema,
  refundProposalSchema,
  requiredReasonSchema,
} from "../../schemas/admin.ts";
import { orderSchema, paymentSchema, refundSchema } from "../../schemas/shop.ts";
import { nextCursorOf, pageQuery } from "../../schemas/page.ts";
import { idParam, storableText } from "../../schemas/text.ts";
import { viewAuditEntry, viewCallbackWithBytes, viewGatewayQuery, viewHold } from "../../views.ts";
import { adminRoute, reasonBody } from "./route.ts";

const longestSearch = 200;
const longestKey = 200;

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
        refundProposal: refundProposalSchema.optional(),
        holds: z.array(holdSchema),
        exceptions: z.array(exceptionSchema),
        gatewayQueries: z.array(gatewayQuerySchema),
        audit: z.array(auditEntrySchema),
      }),
      "The order's timeline.",
    ),
    ...refusals,
  },
});

const moveRoute = <Event extends "ship" | "complete">(event: Event, summary: string) =>
  createRoute({
    ...adminRoute("Orders", summary),
    method: "post",
    path: `/{id}/${event}`,
    middleware: [requireRole("operator")] as const,
    request: { params: idParam, body: reasonBody },
    responses: { 200: json(z.object({ order: orderSchema }), "Done."), ...refusals },
  });

const proposedRefund = z.object({ order: orderSchema, proposal: refundProposalSchema });

const cancelRoute = createRoute({
  ...adminRoute(
    "Orders",
    "Cancel an unpaid order, or a paid one with its refund: it stays paid until the money is back.",
  ),
  method: "post",
  path: "/{id}/cancel",
  middleware: [requireRole("operator")] as const,
  request: {
    params: idParam,
    body: { required: false, content: { "application/json": { schema: cancelOrderSchema } } },
  },
  responses: {
    200: json(z.object({ order: orderSchema, refund: refundSchema.optional() }), "Cancelled, or on its way there."),
    202: json(proposedRefund, "Proposed: a second person has to ask for the same."),
    ...refusals,
  },
});

const refundRoute = createRoute({
  ...adminRoute("Orders", "Refund an order, wholly or in part. With an Idempotency-Key it can be repeated safely."),
  method: "post",
  path: "/{id}/refund",
  middleware: [requireRole("operator")] as const,
  request: {
    params: idParam,
    headers: z.object({ "idempotency-key": storableText(longestKey).optional() }),
    body: { required: false, content: { "application/json": { schema: refundOrderSchema } } },
  },
  responses: {
    200: json(z.object({ order: orderSchema, refund: refundSchema }), "Reserved; the gateway is being asked."),
    202: json(proposedRefund, "Proposed: a second person has to ask for the same."),
    ...refusals,
  },
});

const withdrawRefundRoute = createRoute({
  ...adminRoute("Orders", "Take back a refund that waits for a second person."),
  method: "post",
  path: "/{id}/refund/withdraw",
  middleware: [requireRole("operator")] as const,
  request: { params: idParam, body: jsonBody(requiredReasonSchema) },
  responses: { 200: json(z.object({ order: orderSchema }), "Withdrawn."), ...refusals },
});

const reviveRoute = createRoute({
  ...adminRoute(
    "Orders",
    "Take a cancelled order to paid for the late money that waits in its case, when its stock is still there.",
  ),
  method: "post",
  path: "/{id}/revive",
  middleware: [requireRole("operator")] as const,
  request: { params: idParam, body: jsonBody(requiredReasonSchema) },
  responses: {
    200: json(z.object({ order: orderSchema }), "Paid."),
    202: json(z.object({ exception: exceptionSchema }), "Proposed: a second person has to confirm it."),
    ...refusals,
  },
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
      const [lines, attempts, notices, back, proposal, holds, cases, queries, entries] = await Promise.all([
        orders.linesOf(db, [id]),
        payments.ofOrder(db, id),
        callbacks.ofOrder(db, id),
        refunds.ofOrder(db, id),
        refundProposals.find(db, id),
        orders.holdsOf(db, id),
        exceptions.ofOrder(db, id),
        gatewayQueries.ofOrder(db, id),
        audit.ofOrder(db, id),
      ]);
      return c.json(
        {
          order: { ...viewOrder(order, lines), customerId: order.customer_id },
          payments: attempts.map(viewPayment),
          callbacks: notices.map(viewCallbackWithBytes),
          refunds: back.map(viewRefund),
          ...(proposal === undefined ? {} : { refundProposal: viewRefundProposal(proposal) }),
          holds: holds.map(viewHold),
          exceptions: await viewCases(engine, cases),
          gatewayQueries: queries.map(viewGatewayQuery),
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
    .openapi(cancelRoute, async (c) => {
      const { reason, restock } = c.req.valid("json");
      const orderId = c.req.valid("param").id;
      const done = await cancelByOperator(engine, { orderId, actor: c.get("caller").sub, reason, restock });
      const { order, proposal, refund } = done;
      return proposal === undefined ? c.json({ order, refund }, 200) : c.json({ order, proposal }, 202);
    })
    .openapi(reviveRoute, async (c) => {
      const { id: orderId } = c.req.valid("param");
      const { reason } = c.req.valid("json");
      const { kind, exception } = await reviveOrder(engine, { orderId, reason, by: c.get("caller") });
      if (kind === "proposed") return c.json({ exception }, 202);
      const order = await orders.find(db, orderId);
      if (order === undefined) throw new Fault("order_not_found", { orderId });
      return c.json({ order: viewOrder(order, await orders.linesOf(db, [orderId])) }, 200);
    })
    .openapi(refundRoute, async (c) => {
      const { amount, reason, restock } = c.req.valid("json");
      const refunded = await refundOrder(engine, {
        orderId: c.req.valid("param").id,
        amount: amount === undefined ? undefined : new Decimal(amount),
        actor: c.get("caller").sub,
        reason,
        restock,
        idempotencyKey: c.req.valid("header")["idempotency-key"],
      });
      return "refund" in refunded ? c.json(refunded, 200) : c.json(refunded, 202);
    })
    .openapi(withdrawRefundRoute, async (c) => {
      const { id: orderId } = c.req.valid("param");
      const { reason } = c.req.valid("json");
      await withdrawRefund(engine, { orderId, by: c.get("caller").sub, reason });
      const order = await orders.find(db, orderId);
      if (order === undefined) throw new Fault("order_not_found", { orderId });
      return c.json({ order: viewOrder(order, await orders.linesOf(db, [orderId])) }, 200);
    });
}
