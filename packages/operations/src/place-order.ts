import { createHash } from "node:crypto";

import { audit, idempotency, orders, payments, products, transact, type Tx } from "@zhanggui/db";
import { Decimal, Fault, formatAmount, totalOf } from "@zhanggui/domain";

import { type Engine, bestEffort } from "./engine.ts";
import { newId, newOrderNumber, newOutTradeNo } from "./ids.ts";
import { type OrderView, type PaymentView, viewOrder, viewPayment } from "./views.ts";

const currency = "CNY";
/** The most that `numeric(14, 2)` and integer fen both hold exactly. */
const maximumTotal = new Decimal("999999999999.99");

export type PlaceOrder = {
  readonly customerId: string;
  readonly items: readonly products.Wanted[];
  readonly provider: string;
  /** A deadline nearer than the shop's own, for goods that are held only shortly. */
  readonly ttlSeconds?: number | undefined;
  readonly idempotencyKey?: string | undefined;
};

export type PlacedOrder = { readonly order: OrderView; readonly payment: PaymentView };

/**
 * Places an order: reserves every line or none, at the catalogue's prices, with a first payment attempt. The same
 * idempotency key and request answers what was answered first.
 *
 * @throws Fault `unknown_provider`, `unknown_sku`, `out_of_stock`, `idempotency_conflict`, `invalid_input`.
 */
export async function placeOrder(engine: Engine, request: PlaceOrder): Promise<PlacedOrder> {
  if (!engine.providers.has(request.provider)) throw new Fault("unknown_provider", { provider: request.provider });

  const { placed, isNew } = await transact(engine.db, (tx) => placeOnce(tx, engine, request));
  if (isNew) {
    const { id, expiresAt } = placed.order;
    await bestEffort(engine, "schedule expiry", engine.wake.expireAt(id, new Date(expiresAt)));
  }
  return placed;
}

async function placeOnce(
  tx: Tx,
  engine: Engine,
  request: PlaceOrder,
): Promise<{ readonly placed: PlacedOrder; readonly isNew: boolean }> {
  const { idempotencyKey } = request;
  if (idempotencyKey === undefined) return { placed: await place(tx, engine, request), isNew: true };

  const key = { customerId: request.customerId, key: idempotencyKey, requestHash: hashOf(request) };
  const claim = await idempotency.claim(tx, key);
  if (claim.kind === "conflict") throw new Fault("idempotency_conflict", { key: idempotencyKey });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The stored answer is what this function put there.
  if (claim.kind === "answered") return { placed: claim.response as PlacedOrder, isNew: false };

  const placed = await place(tx, engine, request);
  await idempotency.answer(tx, key, placed);
  return { placed, isNew: true };
}

/** The order of the items does not make another request. */
function hashOf({ items, provider, ttlSeconds }: PlaceOrder): string {
  const sorted = items.toSorted((left, right) => (left.sku < right.sku ? -1 : 1));
  const facts = [provider, ttlSeconds ?? null, sorted.map(({ sku, quantity }) => [sku, quantity])];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

async function place(tx: Tx, engine: Engine, request: PlaceOrder): Promise<PlacedOrder> {
  const reserved = await products.reserve(tx, request.items);
  if (reserved.length < request.items.length) await refuseMissing(tx, request.items, reserved);

  const total = totalOf(reserved.map(({ price, quantity }) => ({ unitPrice: new Decimal(price), quantity })));
  if (total.greaterThan(maximumTotal)) throw new Fault("invalid_input", { items: "the total is too large" });

  const now = engine.outside.now();
  const order = await orders.insert(tx, {
    id: newId("ord"),
    number: newOrderNumber(now),
    customerId: request.customerId,
    amount: formatAmount(total),
    currency,
    ttlSeconds: Math.min(request.ttlSeconds ?? engine.orderTtlSeconds, engine.orderTtlSeconds),
    lines: reserved,
  });
  const payment = await payments.insert(tx, {
    id: newId("pay"),
    orderId: order.id,
    provider: request.provider,
    amount: order.amount,
    currency,
    outTradeNo: newOutTradeNo(now),
  });
  await audit.write(tx, [
    {
      actor: request.customerId,
      action: "order.place",
      entity: "order",
      entityId: order.id,
      orderId: order.id,
      after: { status: order.status, amount: order.amount },
    },
    {
      actor: request.customerId,
      action: "payment.create",
      entity: "payment",
      entityId: payment.id,
      orderId: order.id,
      after: { status: payment.status, provider: payment.provider },
    },
  ]);
  const lines = reserved
    .toSorted((left, right) => (left.sku < right.sku ? -1 : 1))
    .map(({ sku, name, price, quantity }) => ({ sku, name, unit_price: price, quantity }));
  return { order: viewOrder(order, lines), payment: viewPayment(payment) };
}

/** Says whether a missing line is unknown or sold out; the transaction is rolled back either way. */
async function refuseMissing(
  tx: Tx,
  wanted: readonly products.Wanted[],
  reserved: readonly products.Reserved[],
): Promise<never> {
  const had = new Set(reserved.map(({ sku }) => sku));
  const missing = wanted.map(({ sku }) => sku).filter((sku) => !had.has(sku));
  const known = new Set((await products.findMany(tx, missing)).map(({ sku }) => sku));
  const unknown = missing.filter((sku) => !known.has(sku));
  throw unknown.length > 0
    ? new Fault("unknown_sku", { skus: unknown.join(", ") })
    : new Fault("out_of_stock", { skus: missing.join(", ") });
}
