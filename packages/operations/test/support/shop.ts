import { type Db, audit, type callbacks, exceptions, openDatabase, orders, payments, receipts } from "@zhanggui/db";
import type { LatePaymentPolicies } from "@zhanggui/domain";
import { type Account, sign, verifyCallback } from "@zhanggui/gateways";
import { sql } from "kysely";
import { expect } from "vitest";

import {
  type Engine,
  type PlaceOrder,
  type PlacedOrder,
  placeOrder,
  putProduct,
  recordCallback,
  settleCallback,
  startPayment,
} from "../../src/index.ts";
import { migratedDatabase } from "./migrated-database.ts";

export const secret = "a test secret of enough length";
export const customerId = "customer-1";
const price = "39.80";

type RecordedNotice = Parameters<Engine["wake"]["settle"]>[0];

/** What the queue was asked for, in the order of the asking. */
export type Asked = {
  readonly settle: RecordedNotice[];
  readonly resettle: RecordedNotice[];
  readonly expireAt: { readonly orderId: string; readonly at: Date }[];
  readonly forgetExpiry: string[];
  readonly sendRefund: string[];
  readonly resendRefunds: string[];
  readonly query: string[];
};

export type Shop = {
  readonly engine: Engine;
  readonly db: Db;
  readonly asked: Asked;
  readonly warnings: string[];
  readonly close: () => Promise<void>;
};

export type ShopOptions = {
  /** Yuan text. */
  readonly secondPersonLimit?: string;
  readonly latePaymentPolicy?: LatePaymentPolicies["otherwise"];
  readonly latePaymentPolicyOf?: LatePaymentPolicies["byProvider"];
  /** Where the provider `gate` is called. */
  readonly gateUrl?: string;
};

/** A whole shop but for the queue, which only writes down what it is asked. `till` is never called, `gate` is. */
export async function openShop(options: ShopOptions = {}): Promise<Shop> {
  const { latePaymentPolicy = "hold", latePaymentPolicyOf = {}, gateUrl } = options;
  const database = await migratedDatabase();
  const db = openDatabase({ url: database.url, name: "test", poolSize: 24, onError: () => undefined });
  const asked: Asked = {
    settle: [],
    resettle: [],
    expireAt: [],
    forgetExpiry: [],
    query: [],
    sendRefund: [],
    resendRefunds: [],
  };
  const warnings: string[] = [];
  const accounts: [string, Account][] = [
    ["till", { kind: "hmac", secret }],
    ["other", { kind: "mock", secret }],
  ];
  if (gateUrl !== undefined) accounts.push(["gate", { kind: "hmac", secret, baseUrl: gateUrl }]);

  const engine: Engine = {
    db,
    wake: {
      settle: async (notice) => void asked.settle.push(notice),
      resettle: async (notices) => void asked.resettle.push(...notices),
      expireAt: async (orderId, at) => void asked.expireAt.push({ orderId, at }),
      forgetExpiry: async (orderId) => void asked.forgetExpiry.push(orderId),
      sendRefund: async (refundId) => void asked.sendRefund.push(refundId),
      resendRefunds: async (refundIds) => void asked.resendRefunds.push(...refundIds),
      query: async (paymentId) => void asked.query.push(paymentId),
    },
    providers: new Map(accounts),
    outside: { fetch, now: () => new Date() },
    log: { info: () => undefined, warn: (_, message) => void warnings.push(message), error: () => undefined },
    publicUrl: "http://shop.test",
    orderTtlSeconds: 1_800,
    secondPersonLimit: options.secondPersonLimit ?? "5000.00",
    latePaymentPolicies: { otherwise: latePaymentPolicy, byProvider: latePaymentPolicyOf },
  };
  return {
    engine,
    db,
    asked,
    warnings,
    close: async () => {
      await db.destroy();
      await database.drop();
    },
  };
}

/** The same shop with a queue that cannot be reached. */
export function withoutQueue({ engine }: Shop): Engine {
  const refuse = () => Promise.reject(new Error("no queue"));
  return {
    ...engine,
    wake: {
      settle: refuse,
      resettle: refuse,
      expireAt: refuse,
      forgetExpiry: refuse,
      query: refuse,
      sendRefund: refuse,
      resendRefunds: refuse,
    },
  };
}

let products = 0;

/** A new product with so many pieces; answers its sku. */
export async function stock({ engine }: Shop, available: number, itsPrice = price): Promise<string> {
  products += 1;
  const sku = `tea-${String(products).padStart(4, "0")}`;
  await putProduct(engine, { sku, name: "龙井", price: itsPrice, available, actor: "test", reason: undefined });
  return sku;
}

/** One piece of a product that has ten, ordered by our customer. */
export async function order(shop: Shop, request: Partial<PlaceOrder> = {}): Promise<PlacedOrder> {
  const items = request.items ?? [{ sku: await stock(shop, 10), quantity: 1 }];
  return placeOrder(shop.engine, { customerId, provider: "till", ...request, items });
}

export async function startedOrder(shop: Shop, request: Partial<PlaceOrder> = {}): Promise<PlacedOrder> {
  const placed = await order(shop, request);
  await startPayment(shop.engine, { customerId, paymentId: placed.payment.id });
  return placed;
}

export type Words = Readonly<Record<string, string>>;

/** Signs what a gateway says, verifies it as the callbacks route does, and records it. */
export async function hear(shop: Shop, words: Words, provider = "till"): Promise<callbacks.Recorded> {
  const account = shop.engine.providers.get(provider);
  if (account === undefined) throw new Error(`no provider ${provider}`);
  const body = Buffer.from(JSON.stringify({ ...words, sign: sign(new Map(Object.entries(words)), secret) }));
  const headers = { "content-type": "application/json" };
  const request = { method: "POST", path: `/callbacks/${provider}`, headers, body };
  const verified = await verifyCallback(account, request, { now: new Date(), production: true });
  if (!verified.ok) throw new Error(`refused: ${verified.reason}`);
  return recordCallback(shop.engine, { ...verified, provider, headers, body });
}

/** Hears and settles at once: answers the outcome. */
export async function tell(shop: Shop, words: Words, provider = "till"): Promise<string> {
  const { id } = await hear(shop, words, provider);
  return settleCallback(shop.engine, id);
}

let transactions = 0;

export function newTransactionId(): string {
  transactions += 1;
  return `T${String(transactions).padStart(8, "0")}`;
}

/** The words of a success for the full price, by a transaction of its own unless told otherwise. */
export function paid({ payment }: Pick<PlacedOrder, "payment">, words: Words = {}): Words {
  return {
    out_trade_no: payment.outTradeNo,
    transaction_id: newTransactionId(),
    amount: payment.amount,
    status: "SUCCESS",
    ...words,
  };
}

/** How an order stands: its state, its attempts' states, its stock, its money and what was opened for a person. */
export async function standing({ db }: Shop, orderId: string) {
  const [row, attempts, holds, money, cases] = await Promise.all([
    orders.find(db, orderId),
    payments.ofOrder(db, orderId),
    orders.holdsOf(db, orderId),
    receipts.ofOrder(db, orderId),
    exceptions.ofOrder(db, orderId),
  ]);
  return {
    order: row?.status,
    payments: attempts.map(({ status }) => status),
    effective: attempts.filter(({ effective }) => effective).length,
    holds: [...new Set(holds.map(({ state }) => state))].join(),
    money: money.map(({ amount }) => amount),
    exceptions: cases.map(({ kind }) => kind),
  };
}

export async function actionsOf({ db }: Shop, orderId: string): Promise<string[]> {
  return (await audit.ofOrder(db, orderId)).map(({ action }) => action);
}

/** Moves an order's deadline into the past, as time would. */
export async function passDeadline({ db }: Shop, orderId: string, seconds = 60): Promise<void> {
  const expires_at = new Date(Date.now() - seconds * 1_000);
  await db.updateTable("orders").set({ expires_at }).where("id", "=", orderId).execute();
}

export async function countersOf({ db }: Shop, sku: string) {
  return db
    .selectFrom("products")
    .select(["available", "reserved", "sold"])
    .where("sku", "=", sku)
    .executeTakeFirstOrThrow();
}

/** The law of stock: nothing appears and nothing vanishes, and the counters say what the holds say. */
export async function expectStockConserved({ db }: Shop): Promise<void> {
  const rows = await db.selectFrom("products").selectAll().execute();
  const holds = await db.selectFrom("stock_holds").selectAll().execute();
  const put = await db.selectFrom("audit").selectAll().where("action", "=", "product.put").orderBy("id").execute();
  const initial = new Map(put.map(({ entity_id, after }) => [entity_id, Object(after).available as unknown]));
  const held = (sku: string, state: string) =>
    holds.filter((hold) => hold.sku === sku && hold.state === state).reduce((sum, { quantity }) => sum + quantity, 0);

  for (const { sku, available, reserved, sold } of rows) {
    expect({ sku, pieces: available + reserved + sold }).toEqual({ sku, pieces: initial.get(sku) });
    expect({ sku, reserved, sold }).toEqual({ sku, reserved: held(sku, "held"), sold: held(sku, "consumed") });
  }
}

/** The law of money: each booked transaction made an order paid, is on its way back, or waits in an exception. */
export async function expectMoneyAccounted({ db }: Shop): Promise<void> {
  const unaccounted = await db
    .selectFrom("receipts")
    .select("transaction_id")
    .where(({ not, exists, selectFrom, or }) =>
      not(
        or([
          exists(
            selectFrom("payments")
              .select("id")
              .whereRef("payments.id", "=", "receipts.payment_id")
              .whereRef("payments.transaction_id", "=", "receipts.transaction_id")
              .whereRef("payments.amount", "=", "receipts.amount")
              .where("effective", "=", true),
          ),
          sql<boolean>`refunded + refund_reserved = receipts.amount`,
          exists(
            selectFrom("exceptions")
              .select("id")
              .whereRef("exceptions.amount", "=", "receipts.amount")
              .where((either) =>
                either.or([
                  either("exceptions.callback_id", "=", either.ref("receipts.callback_id")),
                  either("exceptions.payment_id", "=", either.ref("receipts.payment_id")),
                ]),
              ),
          ),
        ]),
      ),
    )
    .execute();
  expect(unaccounted).toEqual([]);
}
