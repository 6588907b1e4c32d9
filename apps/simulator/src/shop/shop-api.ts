import { z } from "zod";

import { type ApiDeps, type ApiResult, callApi, openStream } from "./api-client.ts";
import {
  type Order,
  type Payment,
  type PaymentAction,
  type Product,
  orderAnswer,
  orderedAnswer,
  ordersAnswer,
  paymentAnswer,
  productsAnswer,
  startedAnswer,
} from "./api-schemas.ts";

const shopOwner = "demo-shop";
const maximumListed = 50;

export type Basket = {
  readonly sku: string;
  readonly quantity: number;
  readonly provider: string;
  /** Made with the page, so that a double click orders once. */
  readonly idempotencyKey: string;
};

export async function listProducts(deps: ApiDeps): Promise<ApiResult<readonly Product[]>> {
  const call = { method: "GET", path: "/admin/products", sub: shopOwner, role: "admin" } as const;
  const answer = await callApi(deps, call, productsAnswer);
  return answer.ok ? { ok: true, value: answer.value.products } : answer;
}

export async function listOrders(deps: ApiDeps, sub: string): Promise<ApiResult<readonly Order[]>> {
  const answer = await callApi(deps, { method: "GET", path: `/orders?limit=${maximumListed}`, sub }, ordersAnswer);
  return answer.ok ? { ok: true, value: answer.value.orders } : answer;
}

export type OrderWithPayments = { readonly order: Order; readonly payments: readonly Payment[] };

export function findOrder(deps: ApiDeps, sub: string, id: string): Promise<ApiResult<OrderWithPayments>> {
  return callApi(deps, { method: "GET", path: `/orders/${encodeURIComponent(id)}`, sub }, orderAnswer);
}

export function placeOrder(deps: ApiDeps, sub: string, { idempotencyKey, provider, ...item }: Basket) {
  const body = { items: [item], provider };
  return callApi(deps, { method: "POST", path: "/orders", sub, body, idempotencyKey }, orderedAnswer);
}

export function cancelOrder(deps: ApiDeps, sub: string, id: string): Promise<ApiResult<unknown>> {
  const path = `/orders/${encodeURIComponent(id)}/cancel`;
  return callApi(deps, { method: "POST", path, sub }, z.unknown());
}

/** Opens another attempt for an order whose last one failed. */
export function addPayment(
  deps: ApiDeps,
  sub: string,
  { id, provider }: { readonly id: string; readonly provider: string },
) {
  const path = `/orders/${encodeURIComponent(id)}/payments`;
  return callApi(deps, { method: "POST", path, sub, body: { provider } }, paymentAnswer);
}

/** Repeating it answers the same action; `returnUrl` is where the gateway leads the buyer afterwards. */
export async function startPayment(
  deps: ApiDeps,
  sub: string,
  { id, returnUrl }: { readonly id: string; readonly returnUrl: string },
): Promise<ApiResult<PaymentAction>> {
  const path = `/payments/${encodeURIComponent(id)}/start`;
  const answer = await callApi(deps, { method: "POST", path, sub, body: { returnUrl } }, startedAnswer);
  return answer.ok ? { ok: true, value: answer.value.action } : answer;
}

export function openOrderEvents(
  deps: ApiDeps,
  sub: string,
  order: { readonly id: string; readonly closing: AbortSignal },
) {
  const path = `/orders/${encodeURIComponent(order.id)}/events`;
  return openStream(deps, { method: "GET", path, sub }, order.closing);
}
