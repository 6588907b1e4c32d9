import { expect } from "vitest";

import { type Answer, ask } from "./http.ts";
import { type Delivery, type Fields, asJson, secrets, signed } from "./gateway.ts";
import { token } from "./token.ts";
import type { World } from "./world.ts";

export const admin = token("the admin", "admin");
export const operator = token("the operator", "operator");
export const viewer = token("the viewer", "viewer");

export type Placed = {
  readonly orderId: string;
  readonly paymentId: string;
  readonly outTradeNo: string;
  readonly amount: string;
  readonly customer: string;
  readonly expiresAt: Date;
};

let products = 0;
let transactions = 0;

/** A product that no other test knows. */
export async function product(world: World, pieces: number, price = "19.90"): Promise<string> {
  const sku = `tea-${(products += 1)}`;
  const { status, body } = await ask(world.url, "PUT", `/admin/products/${sku}`, {
    token: admin,
    json: { name: "龙井 绿茶", price, available: pieces, reason: "acceptance" },
  });
  expect(status).toBe(200);
  expect(body).toEqual({ sku, name: "龙井 绿茶", price, available: pieces, reserved: 0, sold: 0 });
  world.stock.expect(sku, pieces);
  return sku;
}

export function newTransactionId(): string {
  return `4200${String((transactions += 1)).padStart(24, "0")}`;
}

export function customer(name: string): string {
  return token(name, "customer");
}

export type Wanted = {
  readonly quantity?: number;
  readonly provider?: string;
  readonly as?: string;
  readonly base?: string;
};

/** Places an order and reads from the answer what the rest of a test needs. */
export async function place(world: World, sku: string, wanted: Wanted = {}): Promise<Placed> {
  const { quantity = 1, provider = "mock", as = customer("the buyer"), base = world.url } = wanted;
  const answer = await ask(base, "POST", "/orders", { token: as, json: { items: [{ sku, quantity }], provider } });
  expect(answer.status, answer.text).toBe(201);
  return placedOf(answer, as);
}

export function placedOf({ body }: Answer, as: string): Placed {
  return {
    orderId: body.order.id,
    paymentId: body.payment.id,
    outTradeNo: body.payment.outTradeNo,
    amount: body.order.amount,
    customer: as,
    expiresAt: new Date(body.order.expiresAt),
  };
}

/** A notice of the gateway `mock`. */
export function notice(placed: Pick<Placed, "outTradeNo" | "amount">, status: string, more: Fields = {}): Fields {
  const facts = { out_trade_no: placed.outTradeNo, transaction_id: newTransactionId(), amount: placed.amount, status };
  return signed({ ...facts, ...more }, secrets.mock);
}

export function deliver(world: World, delivery: Delivery, provider = "mock"): Promise<Answer> {
  return ask(world.url, "POST", `/callbacks/${provider}`, {
    raw: delivery.body,
    headers: { "content-type": delivery.contentType },
  });
}

/** Delivers a notice that must be acknowledged. */
export async function tell(world: World, fields: Fields): Promise<void> {
  const answer = await deliver(world, asJson(fields));
  expect(answer.text).toBe('{"code":"SUCCESS"}');
  expect(answer.status).toBe(200);
}

export async function standing(world: World, placed: Placed) {
  const { status, body } = await ask(world.url, "GET", `/orders/${placed.orderId}`, { token: placed.customer });
  expect(status).toBe(200);
  return body;
}

export async function stockOf(world: World, sku: string) {
  const { body } = await ask(world.url, "GET", "/admin/products?limit=100", { token: admin });
  const { available, reserved, sold } = body.products.find((one: { sku: string }) => one.sku === sku);
  return { available, reserved, sold };
}

/** Everything an operator sees of an order. */
export async function timeline(world: World, orderId: string) {
  const { status, body } = await ask(world.url, "GET", `/admin/orders/${orderId}`, { token: viewer });
  expect(status).toBe(200);
  return body;
}
