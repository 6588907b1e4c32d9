import { createRoute, z } from "@hono/zod-openapi";
import { orders, payments } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";
import { requestQuery, startPayment, viewPayment } from "@zhanggui/operations";

import type { Deps } from "../deps.ts";
import { json, jsonBody, refusals } from "../http/responses.ts";
import { createRouter } from "../http/router.ts";
import { actionSchema, paymentSchema, startPaymentSchema } from "../schemas/shop.ts";
import { idParam } from "../schemas/text.ts";

const security = [{ bearer: [] }];
const tags = ["Payments"];

const startRoute = createRoute({
  method: "post",
  path: "/{id}/start",
  tags,
  security,
  summary: "Start an attempt; repeating it answers the same action.",
  request: { params: idParam, body: { ...jsonBody(startPaymentSchema), required: false } },
  responses: { 200: json(z.object({ payment: paymentSchema, action: actionSchema }), "Started."), ...refusals },
});

const queryRoute = createRoute({
  method: "post",
  path: "/{id}/query",
  tags,
  security,
  summary: '"I have paid", or the visit to a return page: has the gateway asked soon. It proves nothing by itself.',
  request: { params: idParam },
  responses: { 202: json(z.object({ payment: paymentSchema }), "The attempt as it stands now."), ...refusals },
});

const readRoute = createRoute({
  method: "get",
  path: "/{id}",
  tags,
  security,
  summary: "One attempt.",
  request: { params: idParam },
  responses: { 200: json(z.object({ payment: paymentSchema }), "The attempt."), ...refusals },
});

export function paymentRoutes({ engine }: Pick<Deps, "engine">) {
  return createRouter()
    .openapi(startRoute, async (c) => {
      const { action, payment } = await startPayment(engine, {
        customerId: c.get("caller").sub,
        paymentId: c.req.valid("param").id,
        ...c.req.valid("json"),
      });
      return c.json({ payment, action: { ...action, ...(action.fields && { fields: { ...action.fields } }) } }, 200);
    })
    .openapi(queryRoute, async (c) => {
      const payment = await requestQuery(engine, {
        customerId: c.get("caller").sub,
        paymentId: c.req.valid("param").id,
      });
      return c.json({ payment }, 202);
    })
    .openapi(readRoute, async (c) => {
      const { id } = c.req.valid("param");
      const payment = await payments.find(engine.db, id);
      const order = payment && (await orders.find(engine.db, payment.order_id));
      if (payment === undefined || order?.customer_id !== c.get("caller").sub) {
        throw new Fault("payment_not_found", { paymentId: id });
      }
      return c.json({ payment: viewPayment(payment) }, 200);
    });
}
