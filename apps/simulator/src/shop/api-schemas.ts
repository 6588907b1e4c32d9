import { z } from "zod";

/** More than a QR code that a telephone still reads. */
const maximumCode = 1_000;

/** What the shop reads of the API's answers; anything more is ignored. */
export const product = z.object({ sku: z.string(), name: z.string(), price: z.string(), available: z.number() });

export const order = z.object({
  id: z.string(),
  number: z.string(),
  status: z.string(),
  amount: z.string(),
  currency: z.string(),
  items: z.array(z.object({ sku: z.string(), name: z.string(), unitPrice: z.string(), quantity: z.number() })),
  expiresAt: z.string(),
  createdAt: z.string(),
});

export const payment = z.object({
  id: z.string(),
  provider: z.string(),
  status: z.string(),
  amount: z.string(),
  outTradeNo: z.string(),
});

export const productsAnswer = z.object({ products: z.array(product) });
export const ordersAnswer = z.object({ orders: z.array(order) });
export const orderAnswer = z.object({ order, payments: z.array(payment) });
export const orderedAnswer = z.object({ order, payment });
export const paymentAnswer = z.object({ payment });

/** What the browser is to do next. */
const action = z.discriminatedUnion("type", [
  z.object({ type: z.literal("redirect"), url: z.url({ protocol: /^https?$/ }) }),
  z.object({ type: z.literal("qr"), url: z.string().min(1).max(maximumCode) }),
  z.object({
    type: z.literal("form"),
    url: z.url({ protocol: /^https?$/ }),
    fields: z.record(z.string(), z.string()).default({}),
  }),
  z.object({ type: z.literal("none") }),
]);
export const startedAnswer = z.object({ action });
export const problemAnswer = z.object({ code: z.string() });

export type Product = Readonly<z.infer<typeof product>>;
export type Order = Readonly<z.infer<typeof order>>;
export type Payment = Readonly<z.infer<typeof payment>>;
export type PaymentAction = Readonly<z.infer<typeof action>>;
