import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit, isUniqueViolation, payments, receipts, transact } from "../src/index.ts";
import { type TestDatabase, migratedDatabase, nextName, order, product } from "./support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

async function newOrder(): Promise<string> {
  const id = await order(database.db, [{ sku: await product(database.db, 5), quantity: 1 }]);
  if (id === undefined) throw new Error("sold out");
  return id;
}

function newPayment(orderId: string, outTradeNo = nextName("P")) {
  const attempt = { id: nextName("pay_"), orderId, provider: "till", amount: "39.80", currency: "CNY", outTradeNo };
  return transact(database.db, (tx) => payments.insert(tx, attempt));
}

function succeed(payment: payments.NewPayment | { id: string }, transactionId: string, effective: boolean) {
  return transact(database.db, (tx) =>
    payments.move(
      tx,
      { id: payment.id, status: "init" },
      { to: "succeeded", transactionId, succeededAt: undefined, effective },
    ),
  );
}

/** What PostgreSQL calls the constraint that refused. */
async function refusalOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "no refusal",
    (error: unknown) => Object(error).constraint ?? Object(error).message,
  );
}

describe("the audit", () => {
  test.each(["update audit set actor = 'somebody else'", "delete from audit", "truncate audit"])(
    "refuses %j",
    async (statement) => {
      await transact(database.db, (tx) =>
        audit.write(tx, [{ actor: "test", action: "test", entity: "job", entityId: "1" }]),
      );

      await expect(sql.raw(statement).execute(database.db)).rejects.toMatchObject({ code: "23001" });
      expect(await audit.page(database.db, { actor: "test", limit: 500 })).not.toEqual([]);
    },
  );
});

describe("the book of money", () => {
  const receiptOf = (transaction_id: string, payment_id: string | null, order_id: string | null) => ({
    provider: "till",
    transaction_id,
    amount: "39.80",
    currency: "CNY",
    out_trade_no: "P00000000",
    order_id,
    payment_id,
    callback_id: null,
  });

  test("refuses to forget a row", async () => {
    await transact(database.db, (tx) => receipts.book(tx, receiptOf("kept", null, null)));

    await expect(sql`delete from receipts`.execute(database.db)).rejects.toMatchObject({ code: "23001" });
  });

  test("refuses to be emptied as a whole", async () => {
    await expect(sql`truncate receipts cascade`.execute(database.db)).rejects.toMatchObject({ code: "23001" });
  });

  test("books one transaction for the payment that was named first", async () => {
    const orderId = await newOrder();
    const [first, second] = [await newPayment(orderId), await newPayment(orderId)];
    const book = (paymentId: string) =>
      transact(database.db, async (tx) => (await receipts.book(tx, receiptOf("once", paymentId, orderId))).paymentId);

    expect([await book(first.id), await book(second.id), await book(first.id)]).toEqual([first.id, first.id, first.id]);
  });

  test("fills in a match that is found later", async () => {
    const orderId = await newOrder();
    const payment = await newPayment(orderId);
    const book = (paymentId: string | null, order_id: string | null) =>
      transact(
        database.db,
        async (tx) => (await receipts.book(tx, receiptOf("found later", paymentId, order_id))).paymentId,
      );

    expect([await book(null, null), await book(payment.id, orderId)]).toEqual([null, payment.id]);
    expect(await receipts.ofOrder(database.db, orderId)).toHaveLength(1);
  });
});

describe("a payment", () => {
  test("has a number that no other has, for ever", async () => {
    const orderId = await newOrder();
    const { out_trade_no } = await newPayment(orderId);

    const again = newPayment(orderId, out_trade_no);

    expect(await refusalOf(again)).toBe("payments_out_trade_no_key");
  });

  test.each(["short", "x".repeat(33), "has space", "has-dash-", "龙井龙井龙井龙井"])(
    "refuses the number %j, which some gateway would",
    async (outTradeNo) => {
      expect(await refusalOf(newPayment(await newOrder(), outTradeNo))).toBe("payments_out_trade_no_check");
    },
  );

  test("succeeds by a transaction that no other payment of the gateway succeeded by", async () => {
    const [first, second] = [await newPayment(await newOrder()), await newPayment(await newOrder())];
    await succeed(first, "T-once", true);

    const error = await succeed(second, "T-once", true).catch((refused: unknown) => refused);

    expect(isUniqueViolation(error, "payments_paid_once")).toBe(true);
    expect(isUniqueViolation(error, "payments_one_effective")).toBe(false);
  });

  test("is effective once for each order", async () => {
    const orderId = await newOrder();
    const [first, second] = [await newPayment(orderId), await newPayment(orderId)];
    await succeed(first, nextName("T"), true);

    expect(await refusalOf(succeed(second, nextName("T"), true))).toBe("payments_one_effective");
    expect(await refusalOf(succeed(second, nextName("T"), false))).toBe("no refusal");
  });

  test("cannot be effective without having succeeded, nor succeed without a transaction", async () => {
    const { id } = await newPayment(await newOrder());
    const set = (change: string) =>
      refusalOf(sql.raw(`update payments set ${change} where id = '${id}'`).execute(database.db));

    expect(await set("effective = true")).toContain("payments_check");
    expect(await set("status = 'succeeded', succeeded_at = now()")).toContain("payments_check");
    expect(await set("status = 'succeeded', transaction_id = 'T'")).toContain("payments_check");
    expect(await set("status = 'refunded'")).toBe("payments_status_check");
  });

  test("moves only from where the caller saw it", async () => {
    const payment = await newPayment(await newOrder());
    await transact(database.db, (tx) => payments.move(tx, payment, { to: "processing" }));

    const stale = transact(database.db, (tx) => payments.move(tx, payment, { to: "processing" }));

    await expect(stale).rejects.toMatchObject({ code: "state_changed_meanwhile" });
  });
});

describe("a product's counters", () => {
  test.each(["available", "reserved", "sold"])("never fall below zero: %s", async (counter) => {
    const sku = await product(database.db, 0);

    const falling = sql`update products set ${sql.ref(counter)} = -1 where sku = ${sku}`.execute(database.db);

    expect(await refusalOf(falling)).toBe(`products_${counter}_check`);
  });
});

describe("an order", () => {
  test("is paid with a time, cancelled with a time, and pending without", async () => {
    const id = await newOrder();
    const set = (change: string) =>
      refusalOf(sql.raw(`update orders set ${change} where id = '${id}'`).execute(database.db));

    expect(await set("status = 'paid'")).toContain("orders_check");
    expect(await set("status = 'cancelled'")).toContain("orders_check");
    expect(await set("paid_at = now()")).toContain("orders_check");
    expect(await set("status = 'expired'")).toBe("orders_status_check");
  });

  test("has one hold for each line", async () => {
    const id = await newOrder();

    const second = sql`insert into stock_holds select * from stock_holds where order_id = ${id}`.execute(database.db);

    expect(await refusalOf(second)).toBe("stock_holds_pkey");
  });
});
