import type { Db } from "@zhanggui/db";
import { type RawBuilder, sql } from "kysely";

import type { Engine } from "../engine.ts";
import type { Plan } from "./plan.ts";

/** One row that breaks a law. */
export type Breach = {
  /** The row: an id, a sku, or `provider/transaction` of a receipt. */
  readonly key: string;
  readonly orderId: string | null;
  readonly paymentId: string | null;
  /** All that the plan is derived from. The same rows tell the same facts, so that a plan that went stale shows. */
  readonly facts: Facts;
};

/** Amounts are yuan text, times are PostgreSQL's own text. */
export type Facts = Readonly<Record<string, unknown>>;

/** Which rows a run looks at: all, those of orders that were touched lately, or a single one. */
export type Reach =
  | { readonly kind: "all" }
  | {
      readonly kind: "recent";
      readonly seconds: number;
      /** Orders that moved within these seconds: the audit knows, for every change of an order leaves an entry. */
      readonly orderIds: readonly string[];
    }
  | { readonly kind: "one"; readonly key: string };

export type Search = { readonly reach: Reach; readonly limit: number };

/** What a law looks into. `db` is a transaction that sees one moment. */
export type Books = { readonly db: Db; readonly wake: Engine["wake"] };

/** Something that is true of the rows at every moment between two transactions. */
export type Law = {
  readonly name: string;
  /** In one sentence, as it should be. */
  readonly says: { readonly en: string; readonly zh: string };
  /** Whether it is cheap enough, over recent rows, to be looked after every few minutes. */
  readonly often: boolean;
  readonly find: (books: Books, search: Search) => Promise<readonly Breach[]>;
  /** How a breach is mended. Pure: `id` is the repair's, for rows that the plan makes. */
  readonly plan: (breach: Breach, id: string) => Plan;
};

/** Where a law's rows are, in SQL conditions on the table that drives its query. */
const narrowings = {
  products: (reach) => narrow(reach, sql`products.updated_at >= ${since(reach)}`, sql`products.sku`),
  orders: (reach) => narrow(reach, touched(reach, "orders.id"), sql`orders.id`),
  payments: (reach) => narrow(reach, touched(reach, "payments.order_id"), sql`payments.id`),
  refunds: (reach) => narrow(reach, sql`refunds.created_at >= ${since(reach)}`, sql`refunds.id`),
  callbacks: (reach) => narrow(reach, sql`callbacks.received_at >= ${since(reach)}`, sql`callbacks.id`),
  exceptions: (reach) => narrow(reach, sql`exceptions.created_at >= ${since(reach)}`, sql`exceptions.id`),
  receipts: (reach) =>
    reach.kind === "one"
      ? ofReceipt(reach.key)
      : narrow(reach, sql`(${touched(reach, "receipts.order_id")} or receipts.order_id is null)`, sql`null`),
} as const satisfies Record<string, (reach: Reach) => RawBuilder<unknown>>;

export type About = keyof typeof narrowings;

function narrow(reach: Reach, recent: RawBuilder<unknown>, key: RawBuilder<unknown>): RawBuilder<unknown> {
  switch (reach.kind) {
    case "all":
      return sql`true`;
    case "recent":
      return recent;
    case "one":
      return sql`${key} = ${reach.key}`;
  }
}

function touched(reach: Reach, column: string): RawBuilder<unknown> {
  return sql`${sql.ref(column)} = any(${reach.kind === "recent" ? [...reach.orderIds] : []}::text[])`;
}

function since(reach: Reach): RawBuilder<unknown> {
  return sql`now() - make_interval(secs => ${reach.kind === "recent" ? reach.seconds : 0})`;
}

function ofReceipt(key: string): RawBuilder<unknown> {
  const slash = key.indexOf("/");
  return sql`receipts.provider = ${key.slice(0, slash)} and receipts.transaction_id = ${key.slice(slash + 1)}`;
}

/** How a breach is written in SQL. */
export type BreachRow = {
  readonly key: string;
  readonly order_id?: string | null;
  readonly payment_id?: string | null;
  readonly facts: Facts;
};

export type SqlLaw = Omit<Law, "find" | "often"> & {
  readonly often?: boolean;
  readonly about: About;
  /** An index finds what breaks it: it looks at all rows every time. */
  readonly indexed?: boolean;
  /** Selects `key`, `facts`, and where there is one `order_id` and `payment_id`, of the rows in `within` that break it. */
  readonly breaches: (within: RawBuilder<unknown>) => RawBuilder<BreachRow>;
};

/** A law whose breaches one statement finds. */
export function sqlLaw({ about, breaches, often = true, indexed = false, ...law }: SqlLaw): Law {
  return {
    ...law,
    often,
    find: async ({ db }, { reach: asked, limit }) => {
      const reach: Reach = indexed && asked.kind === "recent" ? { kind: "all" } : asked;
      const { rows } = await sql<BreachRow>`
        select * from (${breaches(narrowings[about](reach))}) as breach order by key limit ${limit}
      `.execute(db);
      return rows.map(({ key, order_id = null, payment_id = null, facts }) => ({
        key,
        orderId: order_id,
        paymentId: payment_id,
        facts,
      }));
    },
  };
}

/** An order that money pays for, whatever became of it later. */
export const isPaidLike: RawBuilder<boolean> = sql`(
  orders.status in ('paid', 'shipped', 'completed', 'refunded')
  or (orders.status = 'cancelled' and orders.paid_at is not null)
)`;
