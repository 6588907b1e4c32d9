import { CompiledQuery, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Db, callbacks, exceptions, orders, payments } from "../src/index.ts";
import { type TestDatabase, migratedDatabase } from "./support/database.ts";

let database: TestDatabase;
let spied: Db;
const said: CompiledQuery[] = [];

/** Enough rows that PostgreSQL chooses by cost: most are history, few wait. */
beforeAll(async () => {
  database = await migratedDatabase();
  await sql`
    insert into orders (id, number, customer_id, status, amount, currency, expires_at, created_at, paid_at)
    select 'ord_' || lpad(n::text, 8, '0'), 'N' || n, 'customer-' || n % 500,
      case when n % 100 = 0 then 'pending' when n % 100 = 1 then 'refunded' else 'paid' end, 1, 'CNY', now() + make_interval(secs => n - 10000),
      now() - make_interval(secs => 20000 - n), case when n % 100 = 0 then null else now() end
    from generate_series(1, 20000) n
  `.execute(database.db);
  await sql`
    insert into payments (id, order_id, provider, status, amount, currency, out_trade_no, transaction_id, succeeded_at)
    select 'pay_' || lpad(n::text, 8, '0'), 'ord_' || lpad(n::text, 8, '0'), 'till', 'succeeded', 1, 'CNY',
      'P' || lpad(n::text, 10, '0'), 'T' || n, now()
    from generate_series(1, 20000) n
  `.execute(database.db);
  await sql`
    insert into callbacks (id, provider, event_key, event_type, state, status, raw_status, out_trade_no, transaction_id,
      amount_minor, currency, headers, body, last_received_at)
    select 'cb_' || lpad(n::text, 8, '0'), 'till', 'key' || n, 'payment',
      case when n % 200 = 0 then 'received' when n % 300 = 0 then 'failed' else 'processed' end,
      'succeeded', 'SUCCESS', 'P' || lpad(n::text, 10, '0'), 'T' || n, 100, 'CNY', '{}', '', now() - interval '1 minute'
    from generate_series(1, 20000) n
  `.execute(database.db);
  await sql`analyze`.execute(database.db);
  spied = database.db.withPlugin({
    transformQuery: ({ node, queryId }) => {
      said.push(database.db.getExecutor().compileQuery(node, queryId));
      return node;
    },
    transformResult: async ({ result }) => result,
  });
});
afterAll(() => database.close());

/** How PostgreSQL runs the statement that `query` says. */
async function planOf(query: (db: Db) => Promise<unknown>): Promise<string> {
  said.length = 0;
  await query(spied);
  // A subquery is said before the statement it stands in.
  const statement = said.at(-1);
  if (statement === undefined) throw new Error("nothing was said");
  const explained = await database.db.executeQuery<{ "QUERY PLAN": string }>(
    CompiledQuery.raw(`explain ${statement.sql}`, [...statement.parameters]),
  );
  return explained.rows.map((row) => row["QUERY PLAN"]).join("\n");
}

describe("a hot query reads its index and never the whole table", () => {
  test.each<[string, string, (db: Db) => Promise<unknown>]>([
    ["what is due", "orders_due", (db) => orders.due(db, { graceSeconds: 2, limit: 500 })],
    [
      "what is not settled",
      "callbacks_unsettled",
      (db) => callbacks.unsettled(db, { ageSeconds: 5, limit: 500, after: "cb_00000300" }),
    ],
    ["how much waits", "callbacks_unsettled", (db) => callbacks.lag(db)],
    [
      "a customer's orders",
      "orders_by_customer",
      (db) => orders.page(db, { customerId: "customer-7", cursor: "ord_00015000", limit: 20 }),
    ],
    ["orders of a state", "orders_by_status", (db) => orders.page(db, { status: "refunded", limit: 20 })],
    ["all orders, newest first", "orders_pkey", (db) => orders.page(db, { limit: 20 })],
    [
      "an order by a gateway's transaction",
      "payments_by_transaction",
      (db) => orders.page(db, { q: "T777", limit: 20 }),
    ],
    ["notices of a state", "callbacks_by_state", (db) => callbacks.page(db, { state: "failed", limit: 20 })],
    ["notices of an order", "callbacks_by_out_trade_no", (db) => callbacks.ofOrder(db, "ord_00000777")],
    [
      "the payment that a notice speaks of",
      "payments_out_trade_no_key",
      (db) => payments.findByOutTradeNo(db, { provider: "till", outTradeNo: "P0000000777" }),
    ],
    ["an order's payments", "payments_of_order", (db) => payments.ofOrder(db, "ord_00000777")],
  ])("%s: %s", async (_, index, query) => {
    const plan = await planOf(query);

    expect(plan).toContain(index);
    expect(plan).not.toMatch(/Seq Scan on (orders|payments|callbacks)/);
  });
});

describe("a page", () => {
  test("goes on after its cursor, newest first, and leaves no row out", async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    for (;;) {
      const rows = await orders.page(database.db, { customerId: "customer-7", cursor, limit: 17 });
      if (rows.length === 0) break;
      seen.push(...rows.map(({ id }) => id));
      cursor = rows.at(-1)?.id;
    }

    expect(seen).toHaveLength(40);
    expect(seen).toEqual([...new Set(seen)].toSorted().toReversed());
  });

  test("finds an order by whatever a caller reads out", async () => {
    const words = ["ord_00000777", "N777", "pay_00000777", "P0000000777", "T777"];

    const found = await Promise.all(words.map((q) => orders.page(database.db, { q, limit: 5 })));

    expect(found.map((rows) => rows.map(({ id }) => id))).toEqual(words.map(() => ["ord_00000777"]));
  });

  test("of exceptions is empty when there are none", async () => {
    expect(await exceptions.page(database.db, { state: "open", cursor: undefined, limit: 5 })).toEqual([]);
  });
});

describe("what is due", () => {
  test("is the oldest first, within its limit, and nothing that has time left", async () => {
    const due = await orders.due(database.db, { graceSeconds: 0, limit: 30 });
    const all = await orders.due(database.db, { graceSeconds: 0, limit: 10_000 });

    expect(due).toHaveLength(30);
    expect(due[0]).toBe("ord_00000100");
    expect(all).toHaveLength(100);
    expect(due).toEqual(due.toSorted());
  });
});
