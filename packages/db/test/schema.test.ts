import {
  alertKinds,
  alertSeverities,
  alertStates,
  callbackStates,
  exceptionActions,
  exceptionKinds,
  exceptionStates,
  holdStates,
  operatorRoles,
  orderStates,
  paymentStates,
  refundEnds,
  refundOrigins,
  refundStates,
} from "@zhanggui/domain";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Tables, migrate } from "../src/index.ts";
import { type TestDatabase, emptyDatabase, migratedDatabase, open } from "./support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

describe("the migrations", () => {
  test("make everything from nothing, and nothing more when they are run again", async () => {
    const empty = await emptyDatabase();

    const first = await migrate(empty.db);
    const second = await migrate(empty.db);

    expect(first[0]).toBe("0001_payment_lifecycle");
    expect(second).toEqual([]);
    await empty.close();
  });

  test("are run once when four processes start at the same moment", async () => {
    const empty = await emptyDatabase();
    const processes = Array.from({ length: 4 }, () => open(empty.url, 2));

    const run = await Promise.all(processes.map((db) => migrate(db)));

    expect(run.filter((names) => names.length > 0)).toHaveLength(1);
    for (const db of processes) await db.destroy();
    await empty.close();
  });
});

describe("a CHECK lists exactly the domain's states", () => {
  const lists = [
    ["orders", "status", Object.keys(orderStates)],
    ["payments", "status", Object.keys(paymentStates)],
    ["callbacks", "state", callbackStates],
    ["callbacks", "event_type", ["payment", "refund", "ignored"]],
    ["stock_holds", "state", holdStates],
    ["refunds", "status", refundStates],
    ["refunds", "origin", refundOrigins],
    ["refunds", "ends_order_as", refundEnds],
    ["exceptions", "kind", exceptionKinds],
    ["exceptions", "state", exceptionStates],
    ["exceptions", "suggested_action", exceptionActions],
    ["exceptions", "resolution", exceptionActions],
    ["exceptions", "proposed_action", exceptionActions],
    ["operators", "role", operatorRoles],
    ["alerts", "kind", alertKinds],
    ["alerts", "severity", alertSeverities],
    ["alerts", "state", alertStates],
  ] as const;

  test.each(lists)("%s.%s", async (table, column, states) => {
    const { rows } = await sql<{ definition: string }>`
      select pg_get_constraintdef(oid) as definition from pg_constraint
      where contype = 'c' and conrelid = ${table}::regclass
        and conkey = array[(select attnum from pg_attribute where attrelid = conrelid and attname = ${column})]
        and pg_get_constraintdef(oid) like '%ARRAY%'
    `.execute(database.db);

    const listed = [...(rows[0]?.definition ?? "").matchAll(/'([a-z_]+)'::text/g)].map(([, state]) => state);
    expect(rows).toHaveLength(1);
    expect(listed.toSorted()).toEqual([...states].toSorted());
  });
});

/** The columns of `Tables`, once more: what is missing here or too much does not compile. */
const columns: { readonly [Table in keyof Tables]: Readonly<Record<keyof Tables[Table], string>> } = {
  products: {
    sku: "text",
    name: "text",
    price: "numeric",
    available: "integer",
    reserved: "integer",
    sold: "integer",
    updated_at: "timestamptz",
  },
  orders: {
    id: "text",
    number: "text",
    customer_id: "text",
    status: "text",
    amount: "numeric",
    currency: "text",
    expires_at: "timestamptz",
    closing_since: "timestamptz?",
    created_at: "timestamptz",
    paid_at: "timestamptz?",
    cancelled_at: "timestamptz?",
    cancel_reason: "text?",
  },
  order_lines: { order_id: "text", sku: "text", name: "text", unit_price: "numeric", quantity: "integer" },
  stock_holds: { order_id: "text", sku: "text", quantity: "integer", state: "text", updated_at: "timestamptz" },
  payments: {
    id: "text",
    order_id: "text",
    provider: "text",
    status: "text",
    amount: "numeric",
    currency: "text",
    out_trade_no: "text",
    transaction_id: "text?",
    effective: "boolean",
    action: "jsonb?",
    created_at: "timestamptz",
    started_at: "timestamptz?",
    succeeded_at: "timestamptz?",
    closed_at: "timestamptz?",
    next_query_at: "timestamptz?",
    querying_until: "timestamptz?",
    queries: "integer",
    last_query_at: "timestamptz?",
    last_answer: "text?",
    found_at: "timestamptz?",
    left_open: "boolean",
  },
  callbacks: {
    id: "text",
    provider: "text",
    event_key: "text",
    event_type: "text",
    state: "text",
    outcome: "text?",
    status: "text",
    raw_status: "text",
    out_trade_no: "text",
    transaction_id: "text?",
    amount_minor: "bigint",
    currency: "text",
    out_refund_no: "text?",
    refund_minor: "bigint?",
    occurred_at: "timestamptz?",
    headers: "jsonb",
    body: "bytea",
    order_id: "text?",
    payment_id: "text?",
    verified_by: "text?",
    deliveries: "integer",
    attempts: "integer",
    error: "text?",
    received_at: "timestamptz",
    last_received_at: "timestamptz",
    settled_at: "timestamptz?",
  },
  receipts: {
    provider: "text",
    transaction_id: "text",
    amount: "numeric",
    currency: "text",
    out_trade_no: "text",
    order_id: "text?",
    payment_id: "text?",
    callback_id: "text?",
    booked_at: "timestamptz",
    refunded: "numeric",
    refund_reserved: "numeric",
    written_off_at: "timestamptz?",
  },
  refunds: {
    id: "text",
    order_id: "text?",
    payment_id: "text?",
    amount: "numeric",
    status: "text",
    out_refund_no: "text",
    reason: "text",
    created_at: "timestamptz",
    succeeded_at: "timestamptz?",
    provider: "text",
    transaction_id: "text",
    currency: "text",
    refund_id: "text?",
    origin: "text",
    ends_order_as: "text?",
    restock: "boolean",
    exception_id: "text?",
    error: "text?",
    asks: "integer",
    next_ask_at: "timestamptz?",
  },
  refund_proposals: {
    order_id: "text",
    amount: "numeric",
    restock: "boolean",
    ends_order_as: "text",
    proposed_by: "text",
    reason: "text?",
    proposed_at: "timestamptz",
  },
  exceptions: {
    id: "text",
    subject: "text",
    kind: "text",
    state: "text",
    order_id: "text?",
    payment_id: "text?",
    callback_id: "text?",
    amount: "numeric?",
    detail: "text",
    suggested_action: "text",
    due_at: "timestamptz",
    created_at: "timestamptz",
    resolved_at: "timestamptz?",
    owner: "text?",
    evidence: "text?",
    resolution: "text?",
    resolved_by: "text?",
    resolve_reason: "text?",
    proposed_action: "text?",
    proposed_by: "text?",
    proposed_reason: "text?",
    proposed_at: "timestamptz?",
    proposed_order_id: "text?",
  },
  idempotency_keys: {
    customer_id: "text",
    key: "text",
    request_hash: "text",
    response: "json?",
    created_at: "timestamptz",
  },
  audit: {
    id: "bigint",
    at: "timestamptz",
    actor: "text",
    action: "text",
    entity: "text",
    entity_id: "text",
    order_id: "text?",
    before: "jsonb?",
    after: "jsonb?",
    reason: "text?",
    evidence: "text?",
    xid: "xid8",
  },
  audit_seals: {
    seq: "bigint",
    last_xid: "xid8",
    last_id: "bigint",
    rows: "integer",
    hash: "bytea",
    marks: "bytea",
    sealed_at: "timestamptz",
  },
  gateway_queries: {
    id: "bigint",
    payment_id: "text",
    at: "timestamptz",
    call: "text",
    answer: "text",
    says: "text?",
    ms: "integer",
  },
  provider_health: {
    provider: "text",
    consecutive_unknown: "integer",
    resting_until: "timestamptz?",
    last_answer_at: "timestamptz?",
    last_callback_at: "timestamptz?",
    silent_since: "timestamptz?",
  },
  repairs: {
    id: "text",
    law: "text",
    key: "text",
    order_id: "text?",
    facts: "jsonb",
    plan: "jsonb",
    exception_id: "text",
    found_at: "timestamptz",
    applied_at: "timestamptz?",
    applied_by: "text?",
    undone_at: "timestamptz?",
    ended_as: "text?",
    ended_at: "timestamptz?",
  },
  law_runs: {
    law: "text",
    ran_at: "timestamptz",
    full_at: "timestamptz?",
    holds: "boolean",
    breaches: "integer",
    says: "text",
    ms: "integer",
  },
  reconciliations: {
    id: "text",
    provider: "text",
    day: "text",
    source: "text",
    state: "text",
    asked_by: "text",
    reason: "text?",
    next_try_at: "timestamptz?",
    tries: "integer",
    heartbeat_at: "timestamptz?",
    lines: "integer",
    others: "integer",
    unreadable: "integer",
    unreadable_lines: "jsonb",
    repeats: "integer",
    pending: "integer",
    differences: "integer",
    totals: "jsonb",
    error: "text?",
    created_at: "timestamptz",
    started_at: "timestamptz?",
    finished_at: "timestamptz?",
  },
  statement_lines: {
    reconciliation_id: "text",
    number: "integer",
    provider: "text",
    day: "text",
    type: "text",
    key: "text",
    out_trade_no: "text?",
    transaction_id: "text?",
    refund_id: "text?",
    amount: "numeric",
    fee: "numeric?",
    currency: "text",
    status: "text",
    raw_status: "text",
    occurred_at: "timestamptz?",
  },
  reconciliation_differences: {
    id: "bigint",
    reconciliation_id: "text",
    type: "text",
    kind: "text",
    key: "text",
    out_trade_no: "text?",
    transaction_id: "text?",
    order_id: "text?",
    payment_id: "text?",
    ours: "numeric?",
    theirs: "numeric?",
    currency: "text",
    our_status: "text?",
    their_status: "text?",
    line: "integer?",
    asked: "text?",
    exception_id: "text?",
    opened: "boolean",
  },
  alerts: {
    key: "text",
    kind: "text",
    state: "text",
    severity: "text",
    facts: "jsonb",
    path: "text",
    mark: "text?",
    count: "integer",
    first_at: "timestamptz",
    last_at: "timestamptz",
    last_sent_at: "timestamptz",
    resolved_at: "timestamptz?",
    acknowledged_by: "text?",
    acknowledged_at: "timestamptz?",
    acknowledge_reason: "text?",
  },
  alert_messages: {
    id: "text",
    alert_key: "text",
    channel: "text",
    content: "jsonb",
    state: "text",
    attempts: "integer",
    next_try_at: "timestamptz",
    answer: "text?",
    created_at: "timestamptz",
    ended_at: "timestamptz?",
  },
  operators: {
    id: "text",
    email: "text",
    email_verified: "boolean",
    name: "text",
    image: "text?",
    role: "text",
    must_change_password: "boolean",
    two_factor_enabled: "boolean",
    disabled_at: "timestamptz?",
    created_at: "timestamptz",
    updated_at: "timestamptz",
  },
  operator_credentials: {
    id: "text",
    account_id: "text",
    provider_id: "text",
    user_id: "text",
    password: "text",
    access_token: "text?",
    refresh_token: "text?",
    id_token: "text?",
    access_token_expires_at: "timestamptz?",
    refresh_token_expires_at: "timestamptz?",
    scope: "text?",
    created_at: "timestamptz",
    updated_at: "timestamptz",
  },
  operator_sessions: {
    id: "text",
    token: "text",
    user_id: "text",
    expires_at: "timestamptz",
    ip_address: "text?",
    user_agent: "text?",
    created_at: "timestamptz",
    updated_at: "timestamptz",
  },
  operator_verifications: {
    id: "text",
    identifier: "text",
    value: "text",
    expires_at: "timestamptz",
    created_at: "timestamptz",
    updated_at: "timestamptz",
  },
  operator_two_factors: {
    id: "text",
    user_id: "text",
    secret: "text",
    backup_codes: "text",
    verified: "boolean",
    failed_verification_count: "integer",
    locked_until: "timestamptz?",
  },
  sign_in_attempts: { key: "text", attempts: "integer", ends_at: "timestamptz" },
  refused_callbacks: { provider: "text", minute: "timestamptz", refused: "integer" },
  duties: { name: "text", done_at: "timestamptz" },
};

describe("the table types", () => {
  test("name exactly the migrated tables", async () => {
    const tables = await database.db.introspection.getTables();

    expect(tables.map(({ name }) => name).toSorted()).toEqual(Object.keys(columns).toSorted());
  });

  test.each(Object.keys(columns) as (keyof Tables)[])(
    "of %s cover exactly its columns, and which may be null",
    async (table) => {
      const { rows } = await sql<{ name: string; type: string; nullable: boolean }>`
      select column_name as name, data_type as type, is_nullable = 'YES' as nullable
      from information_schema.columns where table_schema = 'public' and table_name = ${table}
    `.execute(database.db);

      const migrated = rows.map(({ name, type, nullable }) => [
        name,
        `${type.replace("timestamp with time zone", "timestamptz")}${nullable ? "?" : ""}`,
      ]);
      expect(Object.fromEntries(migrated)).toEqual(columns[table]);
    },
  );
});
