import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";

import { openSessions } from "@zhanggui/operators/sign-in";
import { migrate, openDatabase } from "@zhanggui/db";
import type { Account } from "@zhanggui/gateways";
import type { Engine } from "@zhanggui/operations";
import { type Producer, createBell, migrateQueue, openProducer } from "@zhanggui/queue";
import { createLogger, createMetrics } from "@zhanggui/runtime";
import { freshDatabase } from "@zhanggui/testing";

import { type Api, buildApp } from "../src/app.ts";
import { createAuthenticate } from "../src/http/authentication.ts";
import type { Deps } from "../src/deps.ts";
import { createOrderEvents } from "../src/order-events.ts";
import { createRefusalCounter } from "../src/refused-callbacks.ts";
import { secret } from "./notices.ts";
import { admin, customer, jwtSecret } from "./tokens.ts";

const migrations = new URL("../../../packages/db/migrations/", import.meta.url);

const template = {
  name: readdirSync(migrations)
    .toSorted()
    .reduce((hash, file) => hash.update(readFileSync(new URL(file, migrations))), createHash("sha256").update("api 1"))
    .digest("hex"),
  migrate: async (url: string) => {
    const db = openDatabase({ url, name: "template", poolSize: 1, onError: () => undefined });
    await migrate(db);
    await db.destroy();
    await migrateQueue(url);
  },
};

export const authSecret = "another secret of the tests, longer than 32 bytes";

export type Shop = {
  readonly app: Api;
  readonly deps: Deps;
  readonly databaseUrl: string;
  readonly ask: Ask;
  /** Stops the process's readiness, as a signal does. */
  readonly stopAccepting: () => void;
  readonly close: () => Promise<void>;
};

export type Wanted = {
  readonly token?: string;
  readonly json?: unknown;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // What a body holds is what the tests are there to check.
  // oxlint-disable-next-line no-explicit-any
  readonly body: any;
};

export type Ask = (method: string, path: string, wanted?: Wanted) => Promise<Answer>;

export type ShopOptions = {
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
  readonly production?: boolean;
  readonly ttlSeconds?: number;
  readonly secondPersonLimit?: string;
  readonly accounts?: Readonly<Record<string, Account>>;
  readonly authenticate?: Deps["authenticate"];
  readonly publicUrl?: string;
  /** The clock of sessions. */
  readonly now?: () => Date;
};

const defaultAccounts: Readonly<Record<string, Account>> = { mock: { kind: "mock", secret } };

/** The app on a database of its own and a real queue: BullMQ in that database, or on the Redis it is given. */
export async function openShop(options: ShopOptions = {}): Promise<Shop> {
  const database = options.databaseUrl === undefined ? await freshDatabase(template) : undefined;
  const databaseUrl = options.databaseUrl ?? database?.url ?? "";
  const log = createLogger("api", process.env["LOG_LEVEL"] ?? "silent");
  const db = openDatabase({ url: databaseUrl, name: "api-test", poolSize: 8, onError: () => undefined });
  const producer = await producerOf(options, databaseUrl);
  const engine: Engine = {
    db,
    wake: createBell(producer, { recheckSeconds: 60 }),
    providers: new Map(Object.entries(options.accounts ?? defaultAccounts)),
    outside: { fetch, now: () => new Date() },
    log,
    publicUrl: options.publicUrl ?? "http://127.0.0.1:3000",
    orderTtlSeconds: options.ttlSeconds ?? 1_800,
    secondPersonLimit: options.secondPersonLimit ?? "5000.00",
    latePaymentPolicies: { otherwise: "hold", byProvider: {} },
  };
  const orderEvents = createOrderEvents(db, () => undefined);
  const refusals = createRefusalCounter(db, log);
  let accepting = true;
  const deps: Deps = {
    engine,
    producer,
    log,
    metrics: createMetrics("api"),
    authenticate:
      options.authenticate ?? createAuthenticate({ secret: jwtSecret, jwksUrl: undefined, now: () => new Date() }),
    sessions: openSessions({
      db,
      secret: authSecret,
      publicUrl: engine.publicUrl,
      now: options.now ?? (() => new Date()),
    }),
    orderEvents,
    refusals,
    production: options.production ?? false,
    isAccepting: () => accepting,
  };
  const app = buildApp(deps);
  return {
    app,
    deps,
    databaseUrl,
    ask: askOf((path, init) => app.request(path, init)),
    stopAccepting: () => {
      accepting = false;
    },
    close: async () => {
      orderEvents.close();
      await refusals.close();
      await producer.close();
      await db.destroy();
      await database?.drop();
    },
  };
}

async function producerOf({ redisUrl }: ShopOptions, databaseUrl: string): Promise<Producer> {
  const backend =
    redisUrl === undefined
      ? ({ kind: "postgres", url: databaseUrl } as const)
      : ({ kind: "redis", nodes: [redisUrl] } as const);
  return openProducer(backend, { warn: () => undefined, info: () => undefined }, () => performance.now());
}

/** The same questions to the app inside this process, or over a socket. */
export function askOf(send: (path: string, init: RequestInit) => Response | Promise<Response>): Ask {
  return async (method, path, wanted = {}) => {
    const headers: Record<string, string> = { ...wanted.headers };
    if (wanted.token !== undefined) headers["authorization"] ??= `Bearer ${wanted.token}`;
    if (wanted.json !== undefined) headers["content-type"] ??= "application/json";
    const body = wanted.json === undefined ? wanted.body : JSON.stringify(wanted.json);
    const response = await send(path, { method, headers, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function putProduct({ ask }: Pick<Shop, "ask">, sku: string, available = 100, price = "19.90") {
  return ask("PUT", `/admin/products/${sku}`, { token: admin, json: { name: "龙井", price, available } });
}

export type Placed = {
  readonly order: { readonly id: string; readonly amount: string };
  readonly payment: { readonly id: string; readonly outTradeNo: string; readonly amount: string };
};

export async function placeOrder({ ask }: Pick<Shop, "ask">, sku: string, token = customer): Promise<Placed> {
  const { status, text, body } = await ask("POST", "/orders", {
    token,
    json: { items: [{ sku, quantity: 1 }], provider: "mock" },
  });
  if (status !== 201) throw new Error(text);
  return body;
}
