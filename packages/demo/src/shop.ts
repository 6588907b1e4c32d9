import { z } from "zod";

import { ask } from "./http.ts";
import type { System } from "./system.ts";
import { newToken } from "./token.ts";

const order = z.object({ id: z.string(), status: z.string(), amount: z.string() });
const payment = z.object({
  id: z.string(),
  provider: z.string(),
  status: z.string(),
  amount: z.string(),
  outTradeNo: z.string(),
});
const product = z.object({ sku: z.string(), available: z.int(), reserved: z.int(), sold: z.int() });
const timeline = z.object({
  order: order.extend({ cancelReason: z.string().optional() }),
  payments: z.array(payment),
  callbacks: z.array(z.object({ outcome: z.string().nullable(), rawStatus: z.string(), deliveries: z.int() })),
  exceptions: z.array(z.object({ kind: z.string(), state: z.string(), amount: z.string().optional() })),
});

const action = z.object({
  type: z.enum(["qr", "redirect", "form", "none"]),
  url: z.string().optional(),
  fields: z.record(z.string(), z.string()).optional(),
});

/** What the buyer's browser is to do next. */
export type Action = z.infer<typeof action>;
export type Payment = z.infer<typeof payment>;
export type Product = z.infer<typeof product>;
export type Timeline = z.infer<typeof timeline>;
export type Placed = { readonly orderId: string; readonly payment: Payment };

/** An order of the one product, by the system's first provider unless another is named. */
export type Wanted = { readonly quantity: number; readonly ttlSeconds?: number; readonly provider?: string };

/** What the demo asks of Zhanggui: as a buyer's shop, and as an operator who looks. */
export type Shop = {
  readonly putProduct: (wanted: { name: string; price: string; available: number }) => Promise<void>;
  readonly stock: () => Promise<Product>;
  readonly place: (wanted: Wanted) => Promise<Placed>;
  readonly addPayment: (orderId: string) => Promise<Payment>;
  readonly start: (paymentId: string) => Promise<Action>;
  readonly cancel: (orderId: string) => Promise<void>;
  readonly timeline: (orderId: string) => Promise<Timeline>;
};

export async function openShop({ apiUrl, jwtSecret, provider }: System, sku: string): Promise<Shop> {
  const customer = { token: await newToken(jwtSecret, { sub: `buyer-of-${sku}`, role: "customer" }) };
  const admin = { token: await newToken(jwtSecret, { sub: "demo", role: "admin" }) };
  const nothing = z.unknown();
  return {
    putProduct: async (wanted) => {
      await ask({ ...admin, method: "PUT", url: `${apiUrl}/admin/products/${sku}`, body: wanted }, nothing);
    },
    stock: async () => {
      // Pages start after a sku; all but its last letter sorts just before the one that is looked for.
      const url = `${apiUrl}/admin/products?limit=100&cursor=${sku.slice(0, -1)}`;
      const page = await ask({ ...admin, method: "GET", url }, z.object({ products: z.array(product) }));
      const found = page.products.find((one) => one.sku === sku);
      if (found === undefined) throw new Error(`the demo's product ${sku} is not in the catalogue`);
      return found;
    },
    place: async ({ quantity, ...wanted }) => {
      const body = { items: [{ sku, quantity }], provider, ...wanted };
      const placed = await ask(
        { ...customer, method: "POST", url: `${apiUrl}/orders`, body },
        z.object({ order, payment }),
      );
      return { orderId: placed.order.id, payment: placed.payment };
    },
    addPayment: async (orderId) => {
      const url = `${apiUrl}/orders/${orderId}/payments`;
      return (await ask({ ...customer, method: "POST", url, body: { provider } }, z.object({ payment }))).payment;
    },
    start: async (paymentId) => {
      const url = `${apiUrl}/payments/${paymentId}/start`;
      const started = await ask({ ...customer, method: "POST", url }, z.object({ action }));
      if (started.action.url === undefined) {
        throw new Error(`the payment started with ${started.action.type} and no cashier`);
      }
      return started.action;
    },
    cancel: async (orderId) => {
      await ask({ ...customer, method: "POST", url: `${apiUrl}/orders/${orderId}/cancel` }, nothing);
    },
    timeline: (orderId) => ask({ ...admin, method: "GET", url: `${apiUrl}/admin/orders/${orderId}` }, timeline),
  };
}
