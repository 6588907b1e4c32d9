import { createServer } from "node:http";

import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { verify } from "hono/jwt";
import { streamSSE } from "hono/streaming";
import { z } from "zod";

import type { World } from "./harness.ts";
import { portOf } from "./receiver.ts";

export const jwtSecret = "a secret of thirty-two bytes or more, shared";

const placing = z.object({
  items: z.array(z.object({ sku: z.string(), quantity: z.number() })),
  provider: z.string(),
});
const claims = z.object({ sub: z.string(), role: z.string() });
const products = [
  { sku: "tea-1", name: "西湖龙井 · 明前特级", price: "39.90", available: 12, reserved: 0, sold: 3 },
  { sku: "tea-2", name: "武夷山大红袍礼盒", price: "268.00", available: 3, reserved: 0, sold: 1 },
  { sku: "cup-1", name: "景德镇手绘盖碗", price: "128.50", available: 7, reserved: 0, sold: 0 },
  { sku: "ink-1", name: "徽州松烟墨", price: "0.01", available: 99, reserved: 0, sold: 0 },
  { sku: "fan-1", name: "苏州檀香折扇", price: "86.00", available: 0, reserved: 0, sold: 5 },
];

type Placed = { readonly sub: string; readonly key: string; readonly order: Order; readonly payment: Payment };
type Order = ReturnType<typeof newOrder>;
type Payment = ReturnType<typeof newPayment>;

export type FakeApi = {
  readonly url: string;
  /** Turns the only order paid and says so to whoever listens. */
  readonly markPaid: () => void;
  readonly listeners: () => number;
  readonly stop: () => Promise<void>;
};

/** As much of the contract's API as the shop uses; a real server, as the shop knows it only by HTTP. */
export async function startFakeApi(openPayment: World["openPayment"]): Promise<FakeApi> {
  const placed: Placed[] = [];
  const listeners = new Set<() => void>();

  const app = new Hono<{ Variables: { who: z.infer<typeof claims> } }>()
    .use(async (c, next) => {
      const token = c.req.header("authorization")?.replace("Bearer ", "") ?? "";
      c.set("who", claims.parse(await verify(token, jwtSecret, "HS256")));
      await next();
    })
    .get("/admin/products", (c) =>
      c.get("who").role === "admin" ? c.json({ products, nextCursor: null }) : c.json({ code: "forbidden" }, 403),
    )
    .get("/orders", (c) =>
      c.json({ orders: placed.filter(({ sub }) => sub === c.get("who").sub).map(({ order }) => order) }),
    )
    .post("/orders", async (c) => {
      const { items, provider } = placing.parse(await c.req.json());
      const key = c.req.header("idempotency-key") ?? "";
      const known = placed.find((each) => each.key === key);
      const [item] = items;
      const product = products.find(({ sku }) => sku === item?.sku);
      if (known) return c.json({ order: known.order, payment: known.payment }, 201);
      if (!product || !item || item.quantity > product.available) return c.json({ code: "out_of_stock" }, 409);
      const order = newOrder(product, item.quantity);
      const payment = newPayment(order, provider);
      placed.push({ sub: c.get("who").sub, key, order, payment });
      return c.json({ order, payment }, 201);
    })
    .get("/orders/:id", (c) => {
      const found = placed.find(({ order, sub }) => order.id === c.req.param("id") && sub === c.get("who").sub);
      return found
        ? c.json({ order: found.order, payments: [found.payment], refunds: [] })
        : c.json({ code: "order_not_found" }, 404);
    })
    .post("/orders/:id/cancel", (c) => {
      for (const { order } of placed) if (order.id === c.req.param("id")) order.status = "cancelled";
      return c.json({});
    })
    .post("/payments/:id/start", async (c) => {
      const found = placed.find(({ payment }) => payment.id === c.req.param("id"));
      if (!found) return c.json({ code: "payment_not_found" }, 404);
      const answer = await openPayment(found.payment.outTradeNo, {
        amount: found.order.amount,
        subject: found.order.items.map(({ name, quantity }) => `${name} × ${quantity}`).join("、"),
        time_expire: found.order.expiresAt,
      });
      found.payment.status = "processing";
      return c.json({ payment: found.payment, action: actionOf(found.payment.provider, answer["cashier_url"] ?? "") });
    })
    .get("/orders/:id/events", (c) =>
      streamSSE(c, async (stream) => {
        const tell = () => void stream.writeSSE({ event: "order", data: JSON.stringify({ status: "paid" }) });
        listeners.add(tell);
        await new Promise<void>((resolve) => stream.onAbort(resolve));
        listeners.delete(tell);
      }),
    );

  const server = createAdaptorServer({ fetch: app.fetch, createServer });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    markPaid() {
      for (const { order, payment } of placed) {
        order.status = "paid";
        payment.status = "succeeded";
      }
      for (const tell of listeners) tell();
    },
    listeners: () => listeners.size,
    stop() {
      if ("closeAllConnections" in server) server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A gateway's kind of action by the provider that is asked for. */
function actionOf(provider: string, cashier: string) {
  switch (provider) {
    case "scanned":
      return { type: "qr", url: "weixin://wxpay/bizpayurl?pr=abc" };
    case "scanned-here":
      return { type: "qr", url: cashier.replace("/cashier/mock/", "/cashier/scanned-here/") };
    case "posted":
      return { type: "form", url: `${new URL(cashier).origin}/gateways/posted/front`, fields: { orderId: '1"<2' } };
    case "posted-away":
      return { type: "form", url: "https://gateway.example/gateways/nobody/front", fields: {} };
    default:
      return { type: "redirect", url: cashier };
  }
}

function newOrder(product: (typeof products)[number], quantity: number) {
  const now = Date.now();
  return {
    id: `ord_${now}`,
    number: String(now),
    status: "pending",
    amount: (Number(product.price) * quantity).toFixed(2),
    currency: "CNY",
    items: [{ sku: product.sku, name: product.name, unitPrice: product.price, quantity }],
    expiresAt: new Date(now + 1_800_000).toISOString(),
    createdAt: new Date(now).toISOString(),
  };
}

function newPayment(order: Order, provider: string) {
  return {
    id: `pay_${order.number}`,
    orderId: order.id,
    provider,
    status: "init",
    amount: order.amount,
    currency: order.currency,
    outTradeNo: `o${order.number}`,
    createdAt: order.createdAt,
  };
}
