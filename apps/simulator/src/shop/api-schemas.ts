import { z } from "zod";

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

export const payment = z.object({ id: z.string(), provider: z.string(), status: z.string(), amount: z.string() });

export const productsAnswer = z.object({ products: z.array(product) });
export const ordersAnswer = z.object({ orders: z.array(order) });
export const orderAnswer = z.object({ order, payments: z.array(payment) });
export const orderedAnswer = z.object({ order, payment });
export const paymentAnswer = z.object({ payment });
export const startedAnswer = z.object({ action: z.object({ type: z.string(), url: z.url().optional() }) });
export const problemAnswer = z.object({ code: z.string() });

export type Product = Readonly<z.infer<typeof product>>;
export type Order = Readonly<z.infer<typeof order>>;
export type Payment = Readonly<z.infer<typeof payment>>;
