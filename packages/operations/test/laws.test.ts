import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { applyRepairs, checkLaws, resolveException, settleCallback, sweep } from "../src/index.ts";
import { type GatewayServer, startGateway } from "./support/gateway-server.ts";
import { apply, check, expectMended, onlyBreach, stillOpen, tamper, undo } from "./support/laws.ts";
import { type Paid, paidOrder, refundDesk, refunded } from "./support/refund-desk.ts";
import {
  type Shop,
  hear,
  newTransactionId,
  openShop,
  order,
  paid,
  passDeadline,
  startedOrder,
  tell,
} from "./support/shop.ts";

let shop: Shop;
let gateway: GatewayServer;
beforeAll(async () => {
  gateway = await startGateway();
  shop = await openShop({ gateUrl: gateway.url });
});
beforeEach(() => refundDesk(gateway));
/** What one test broke must not be found by the next. */
afterEach(() =>
  tamper(
    shop,
    `truncate repairs, law_runs, exceptions, refunds, receipts, callbacks, stock_holds, order_lines, gateway_queries, payments, orders,
     products, audit, audit_seals, idempotency_keys, duties cascade`,
  ),
);
afterAll(async () => {
  await shop.close();
  await gateway.stop();
});

/** Rows as PostgreSQL writes them, but for when they were made. */
async function row(table: string, where: string): Promise<unknown> {
  const { rows } = await sql
    .raw(`select to_jsonb(t) - 'updated_at' - 'created_at' as row from ${table} as t where ${where}`)
    .execute(shop.db);
  return rows;
}

/** Cases that are not about a law. */
async function cases(): Promise<unknown> {
  return shop.db
    .selectFrom("exceptions")
    .select(["kind", "subject", "state", "order_id", "amount", "resolved_at"])
    .where("kind", "<>", "invariant_broken")
    .execute();
}

const paymentOf =
  ({ payment }: Paid) =>
  () =>
    row("payments", `id = '${payment.id}'`);
const orderOf =
  ({ order: placed }: Paid) =>
  () =>
    row("orders", `id = '${placed.id}'`);
const receiptOf =
  ({ transactionId }: Paid) =>
  () =>
    row("receipts", `transaction_id = '${transactionId}'`);

function skuOf({ order: { items } }: Paid): string {
  return items[0]?.sku ?? "";
}

describe("stock", () => {
  test("reserved pieces that no order holds are found and counted anew", async () => {
    const { order: placed } = await order(shop);
    const sku = placed.items[0]?.sku ?? "";
    await tamper(shop, `update products set reserved = 5 where sku = '${sku}'`);

    await expectMended(shop, "stock-reserved", sku, () => row("products", `sku = '${sku}'`));

    expect(await row("products", `sku = '${sku}'`)).toMatchObject([{ row: { reserved: 1, sold: 0 } }]);
  });

  test("sold pieces that no order consumed are found and counted anew", async () => {
    const sku = skuOf(await paidOrder(shop));
    await tamper(shop, `update products set sold = 0 where sku = '${sku}'`);

    await expectMended(shop, "stock-sold", sku, () => row("products", `sku = '${sku}'`));

    expect(await row("products", `sku = '${sku}'`)).toMatchObject([{ row: { reserved: 0, sold: 1 } }]);
  });

  test.each([
    ["in another state", "update stock_holds set state = 'released'"],
    ["of another quantity", "update stock_holds set quantity = 3"],
    ["that is missing", "delete from stock_holds"],
  ])("a hold %s is found and made to fit its order", async (_, statement) => {
    const bought = await paidOrder(shop);
    await tamper(shop, statement);

    await expectMended(shop, "hold-fits-order", bought.order.id, () => row("stock_holds", "true"));

    expect(await row("stock_holds", "true")).toMatchObject([{ row: { state: "consumed", quantity: 1 } }]);
    expect(await check(shop, "stock-sold")).toMatchObject({ holds: true });
  });

  test("a counter is not mended by a hold that is wrong itself", async () => {
    await paidOrder(shop);
    await tamper(shop, "update stock_holds set state = 'held'");

    const { plan, repairId } = await onlyBreach(shop, "stock-sold");

    expect(plan).toMatchObject({ kind: "person", explanation: expect.stringContaining("hold-fits-order") });
    await expect(apply(shop, repairId)).rejects.toMatchObject({ code: "action_not_allowed" });
  });
});

describe("orders", () => {
  test("an amount that is not the sum of the lines is found, and mended when the audit agrees with them", async () => {
    const bought = await paidOrder(shop);
    await tamper(shop, "update orders set amount = 1.00");

    await expectMended(shop, "order-total", bought.order.id, orderOf(bought));

    expect(await row("orders", "true")).toMatchObject([{ row: { amount: 39.8 } }]);
  });

  test("a line that is not what was ordered is a person's work", async () => {
    await paidOrder(shop);
    await tamper(shop, "update order_lines set unit_price = 1.00");

    const { plan } = await onlyBreach(shop, "order-total");

    expect(plan).toMatchObject({ kind: "person", explanation: expect.stringContaining("an operator") });
  });

  test("a paid order without its payment is found, and gets the one that its audit names", async () => {
    const bought = await paidOrder(shop);
    await tamper(shop, "update payments set effective = false");

    await expectMended(shop, "paid-once", bought.order.id, paymentOf(bought));
  });

  test("a pending order with an effective payment is found, and the money left to its case", async () => {
    const placed = await startedOrder(shop);
    await tell(shop, paid(placed, { amount: "10.00" }));
    await tamper(
      shop,
      "update payments set status = 'succeeded', effective = true, transaction_id = 'T', succeeded_at = now()",
    );

    await expectMended(shop, "unpaid-has-none", placed.order.id, () => row("payments", "true"));
  });

  test("an order long past its deadline is found, and its timer rung", async () => {
    const { order: placed } = await order(shop);
    await passDeadline(shop, placed.id, 1_000);
    shop.asked.expireAt.length = 0;

    const { repairId } = await onlyBreach(shop, "order-overdue");
    expect(await apply(shop, repairId)).toMatchObject({ outcome: "rung" });
    expect(shop.asked.expireAt).toMatchObject([{ orderId: placed.id }]);

    expect(await stillOpen(shop, "order-overdue")).toBe(1);
    await sweep(shop.engine, 0);
    expect(await check(shop, "order-overdue")).toMatchObject({ holds: true });
    expect(await row("repairs", "true")).toMatchObject([{ row: { ended_as: "mended", applied_by: "admin-1" } }]);
  });

  test("an order without a timer is found and gets one", async () => {
    const timers = new Set<string>();
    const wake = {
      ...shop.engine.wake,
      expireAt: async (orderId: string) => void timers.add(orderId),
      hasTimer: async (orderId: string) => timers.has(orderId),
    };
    const watched: Shop = { ...shop, engine: { ...shop.engine, wake } };
    const { order: lost } = await order(shop);
    const { order: kept } = await order(watched);
    await tamper(shop, "update orders set created_at = created_at - interval '10 minutes'");

    const { repairId, key } = await onlyBreach(watched, "order-has-timer");
    expect(key).toBe(lost.id);
    expect(await apply(watched, repairId)).toMatchObject({ outcome: "rung" });

    expect(timers).toEqual(new Set([kept.id, lost.id]));
    expect(await check(watched, "order-has-timer")).toMatchObject({ holds: true });
  });

  test.each([
    ["pending", "status = 'pending', paid_at = null"],
    ["cancelled", "status = 'cancelled', cancelled_at = now()"],
    ["shipped", "status = 'shipped'"],
  ])("an order that somebody made %s is found, and goes back to its audit", async (_, set) => {
    const bought = await paidOrder(shop);
    await tamper(shop, `update orders set ${set}`);
    const broken = await orderOf(bought)();

    const { plan, repairId } = await onlyBreach(shop, "order-in-audit");
    expect(plan).toMatchObject({ kind: "mend" });
    expect(await apply(shop, repairId)).toMatchObject({ outcome: "mended" });
    expect(await orderOf(bought)()).toMatchObject([{ row: { status: "paid" } }]);

    await undo(shop, repairId);
    expect(await orderOf(bought)()).toEqual(broken);
  });

  test("an attempt that somebody made fail is found, and goes back to its audit", async () => {
    const bought = await paidOrder(shop);
    await tamper(
      shop,
      "update payments set status = 'failed', effective = false, succeeded_at = null, transaction_id = null",
    );

    await expectMended(shop, "payment-in-audit", bought.payment.id, paymentOf(bought));

    expect(await paymentOf(bought)()).toMatchObject([
      { row: { status: "succeeded", transaction_id: bought.transactionId } },
    ]);
    const next = await onlyBreach(shop, "paid-once");
    expect(await apply(shop, next.repairId)).toMatchObject({ outcome: "mended" });
  });

  test("a row without any audit is a person's work", async () => {
    await order(shop);
    await tamper(shop, "delete from audit where entity = 'order'");

    expect((await onlyBreach(shop, "order-in-audit")).plan.kind).toBe("person");
  });

  test("an attempt that is open on a paid order is found and closed", async () => {
    const bought = await paidOrder(shop);
    await tamper(
      shop,
      `insert into payments (id, order_id, provider, status, amount, currency, out_trade_no)
       values ('pay_open', '${bought.order.id}', 'gate', 'processing', 39.80, 'CNY', 'OPEN00000001')`,
    );

    await expectMended(shop, "closed-with-order", "pay_open", () => row("payments", "id = 'pay_open'"));

    expect(await row("payments", "id = 'pay_open'")).toMatchObject([{ row: { status: "cancelled" } }]);
  });
});

describe("money", () => {
  test("an attempt of another amount than its order and its receipt is found and follows them", async () => {
    const bought = await paidOrder(shop);
    await tamper(shop, "update payments set amount = 1.00");

    await expectMended(shop, "payment-agrees", bought.payment.id, paymentOf(bought));
  });

  test("an attempt whose receipt says something else again is a person's work", async () => {
    await paidOrder(shop);
    await tamper(shop, "update payments set amount = 1.00; update receipts set amount = 2.00");

    expect((await onlyBreach(shop, "payment-agrees")).plan.kind).toBe("person");
    expect((await onlyBreach(shop, "receipt-agrees")).plan.kind).toBe("person");
  });

  test("a receipt that lost its order is found and named after its attempt", async () => {
    const bought = await paidOrder(shop);
    await tamper(shop, "update receipts set order_id = null, payment_id = null");

    await expectMended(shop, "receipt-agrees", bought.payment.id, receiptOf(bought));
  });

  test("a receipt that is gone is booked again from its notice, by the usual path", async () => {
    const bought = await paidOrder(shop);
    await tamper(shop, "delete from receipts");
    shop.asked.resettle.length = 0;

    const { repairId } = await onlyBreach(shop, "receipt-agrees");
    expect(await apply(shop, repairId)).toMatchObject({ outcome: "rung" });
    const [notice] = shop.asked.resettle;
    expect(await settleCallback(shop.engine, notice?.id ?? "")).toBe("repeat");

    expect(await receiptOf(bought)()).toMatchObject([{ row: { amount: 39.8, payment_id: bought.payment.id } }]);
    expect(await check(shop, "receipt-agrees")).toMatchObject({ holds: true });
  });

  test("a receipt that is gone and was never told of by a notice is a person's work", async () => {
    await paidOrder(shop);
    await tamper(shop, "delete from receipts; delete from callbacks");

    expect((await onlyBreach(shop, "receipt-agrees")).plan.kind).toBe("person");
  });

  test("sums that are not those of the refunds are found and added up anew", async () => {
    const bought = await paidOrder(shop);
    await refunded(shop, bought, "10.00");
    await tamper(shop, "update receipts set refunded = 0, refund_reserved = 3.00");

    const key = `gate/${bought.transactionId}`;
    await expectMended(shop, "refund-sums", key, receiptOf(bought));

    expect(await receiptOf(bought)()).toMatchObject([{ row: { refunded: 10, refund_reserved: 0 } }]);
  });

  test("more refunds than money came in is a person's work", async () => {
    await refunded(shop, await paidOrder(shop), "10.00");
    await tamper(shop, "update refunds set amount = 100.00");

    expect((await onlyBreach(shop, "refund-sums")).plan.kind).toBe("person");
  });

  test("an order whose money is all back, and that is not over, is found and ended", async () => {
    const bought = await paidOrder(shop);
    await refunded(shop, bought);
    await tamper(shop, "update orders set status = 'paid'");

    await expectMended(shop, "refunded-is-back", bought.order.id, orderOf(bought));

    expect(await orderOf(bought)()).toMatchObject([{ row: { status: "refunded" } }]);
  });

  test("a refunded order whose money is not back is a person's work", async () => {
    await paidOrder(shop);
    await tamper(shop, "update orders set status = 'refunded'");

    expect((await onlyBreach(shop, "refunded-is-back")).plan.kind).toBe("person");
  });

  test.each([
    ["late", "late_payment", "39.80"],
    ["short", "amount_mismatch", "10.00"],
  ])("%s money that nobody was asked about gets its case", async (_, kind, amount) => {
    const placed = await startedOrder(shop);
    if (kind === "late_payment") {
      await tamper(shop, "update orders set status = 'cancelled', cancelled_at = now()");
    }
    const words = paid(placed, { amount });
    await tell(shop, words);
    await tamper(shop, "delete from exceptions");

    const key = `till/${words["transaction_id"]}`;
    await expectMended(shop, "money-in-one-place", key, cases);

    expect(await cases()).toMatchObject([
      { kind, state: "open", subject: `transaction:till:${words["transaction_id"]}`, amount },
    ]);
  });

  test("nobody's money whose case closed without a decision gets it back", async () => {
    const transaction_id = newTransactionId();
    await tell(shop, { out_trade_no: "NOBODYS0001", transaction_id, amount: "7.00", status: "SUCCESS" });
    await tamper(shop, "update exceptions set state = 'resolved', resolved_at = now()");

    await expectMended(shop, "money-in-one-place", `till/${transaction_id}`, cases);
  });

  test("money that pays an order and was written off is a person's work", async () => {
    await paidOrder(shop);
    await tamper(shop, "update receipts set written_off_at = now()");

    expect((await onlyBreach(shop, "money-in-one-place")).plan.kind).toBe("person");
  });

  test("every fen of a receipt counts: what is left over after refunds still needs a place", async () => {
    const placed = await startedOrder(shop);
    const words = paid(placed, { amount: "39.81" });
    await tell(shop, words);
    await tamper(
      shop,
      `delete from exceptions; update receipts set refunded = 39.80;
       insert into refunds (id, provider, transaction_id, amount, currency, status, out_refund_no, reason, succeeded_at, next_ask_at)
       values ('ref_1', 'till', '${words["transaction_id"]}', 39.80, 'CNY', 'succeeded', 'R0000000001', 'r', now(), null)`,
    );

    expect((await onlyBreach(shop, "money-in-one-place")).facts).toMatchObject({ rest: "0.01" });
    await tamper(shop, "update receipts set refunded = 39.81; update refunds set amount = 39.81");
    expect(await check(shop, "money-in-one-place")).toMatchObject({ holds: true });
  });
});

describe("notices and cases", () => {
  test("a notice without an outcome is found and settled again", async () => {
    await paidOrder(shop);
    await tamper(shop, "update callbacks set outcome = null, settled_at = null");
    shop.asked.resettle.length = 0;

    const { repairId } = await onlyBreach(shop, "notice-has-outcome");
    expect(await apply(shop, repairId)).toMatchObject({ outcome: "rung" });
    const [notice] = shop.asked.resettle;
    await settleCallback(shop.engine, notice?.id ?? "");

    expect(await check(shop, "notice-has-outcome")).toMatchObject({ holds: true });
    expect(await row("callbacks", "true")).toMatchObject([{ row: { state: "ignored", outcome: "repeat" } }]);
  });

  test.each(["received", "failed"])("a notice of money that stays %s is found and rung for", async (state) => {
    const { id } = await hear(shop, paid(await startedOrder(shop)));
    await tamper(shop, `update callbacks set state = '${state}', last_received_at = now() - interval '1 hour'`);
    shop.asked.resettle.length = 0;

    const { repairId } = await onlyBreach(shop, "notice-is-settled");
    expect(await apply(shop, repairId)).toMatchObject({ outcome: "rung" });
    expect(shop.asked.resettle).toMatchObject([{ id }]);

    expect(await settleCallback(shop.engine, id)).toBe("paid");
    expect(await check(shop, "notice-is-settled")).toMatchObject({ holds: true });
  });

  test("a refund that failed without a case gets one", async () => {
    gateway.answer({});
    const bought = await paidOrder(shop);
    const { id } = await refunded(shop, bought);
    await tamper(shop, "delete from exceptions");

    await expectMended(shop, "refund-has-case", id, cases);
  });

  test("a case that nobody could work on is found and can be read again", async () => {
    const placed = await startedOrder(shop);
    await tell(shop, paid(placed, { amount: "10.00" }));
    await tamper(shop, "update exceptions set due_at = 'infinity', detail = 'oops'");
    const [{ id }] = (await shop.db.selectFrom("exceptions").select("id").execute()) as [{ id: string }];

    await expectMended(shop, "case-is-workable", id, () => row("exceptions", `id = '${id}'`));

    expect(await row("exceptions", `id = '${id}'`)).toMatchObject([{ row: { detail: '{"was":"oops"}' } }]);
  });

  test("keys that nobody forgets are found and forgotten", async () => {
    await order(shop, { idempotencyKey: "k" });
    await tamper(shop, "update idempotency_keys set created_at = now() - interval '30 days'");

    const { repairId } = await onlyBreach(shop, "keys-are-bounded");
    expect(await apply(shop, repairId)).toMatchObject({ outcome: "rung" });

    expect(await check(shop, "keys-are-bounded")).toMatchObject({ holds: true });
    expect(await row("idempotency_keys", "true")).toEqual([]);
  });

  test("changed history is found, and never mended", async () => {
    await order(shop);
    await expect
      .poll(
        async () => {
          await shop.db.deleteFrom("duties").execute();
          await sweep(shop.engine, 0);
          return ((await row("audit_seals", "true")) as unknown[]).length;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0);
    await tamper(shop, "update audit set actor = 'somebody' where action = 'order.place'");

    expect((await onlyBreach(shop, "audit-chain")).plan.kind).toBe("person");
  });
});

describe("a plan", () => {
  async function broken() {
    const bought = await paidOrder(shop);
    const sku = skuOf(bought);
    await tamper(shop, `update products set sold = 7 where sku = '${sku}'`);
    return { sku, ...(await onlyBreach(shop, "stock-sold")) };
  }

  test("shows its exact statements, what they change, and how to take them back", async () => {
    const { sku, plan } = await broken();

    expect(plan).toMatchObject({
      statements: [
        {
          sql: "update products set sold = $1 where sku = $2 and sold is not distinct from $3",
          parameters: [1, sku, 7],
        },
      ],
      diff: [{ table: "products", key: sku, column: "sold", before: 7, after: 1 }],
      undo: [{ parameters: [7, sku, 1] }],
    });
  });

  test("is refused when its row has moved since it was shown, and made anew by the next check", async () => {
    const { repairId, sku } = await broken();
    await tamper(shop, `update products set sold = 8 where sku = '${sku}'`);

    await expect(apply(shop, repairId)).rejects.toMatchObject({ code: "state_changed_meanwhile" });
    expect(await row("products", "true")).toMatchObject([{ row: { sold: 8 } }]);

    expect((await onlyBreach(shop, "stock-sold")).repairId).toBe(repairId);
    expect(await apply(shop, repairId)).toMatchObject({ outcome: "mended" });
  });

  test("is refused when what it was derived from has moved", async () => {
    const { repairId, sku } = await broken();
    await tamper(shop, `update stock_holds set quantity = 2 where sku = '${sku}'`);

    await expect(apply(shop, repairId)).rejects.toMatchObject({ code: "state_changed_meanwhile" });
  });

  test("changes nothing when the row came right by itself, and its case closes", async () => {
    const { repairId, exceptionId, sku } = await broken();
    await tamper(shop, `update products set sold = 1 where sku = '${sku}'`);

    expect(await apply(shop, repairId)).toMatchObject({ outcome: "holds" });

    expect(await row("exceptions", `id = '${exceptionId}'`)).toMatchObject([{ row: { state: "resolved" } }]);
    await expect(apply(shop, repairId)).rejects.toMatchObject({ code: "state_changed_meanwhile" });
  });

  test("that two people apply at once is carried out once", async () => {
    const { repairId } = await broken();

    const both = await Promise.allSettled([apply(shop, repairId), apply(shop, repairId)]);

    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await row("audit", "action = 'repair.apply'")).toHaveLength(1);
  });

  test("is audited with what it changed, who did it and why, and how to take it back", async () => {
    const { repairId, sku } = await broken();
    await apply(shop, repairId);

    expect(await row("audit", "action = 'repair.apply'")).toMatchObject([
      {
        row: {
          actor: "admin-1",
          entity: "repair",
          entity_id: repairId,
          reason: "it was broken",
          before: { law: "stock-sold", key: sku, rows: { [`products/${sku}.sold`]: 7 } },
          after: { rows: { [`products/${sku}.sold`]: 1 }, undo: [{ parameters: [7, sku, 1] }] },
        },
      },
    ]);
  });

  test("is taken back once, and not when its row has moved on", async () => {
    const { repairId, sku } = await broken();
    await expect(undo(shop, repairId)).rejects.toMatchObject({ code: "action_not_allowed" });
    await apply(shop, repairId);
    await tamper(shop, `update products set sold = 2 where sku = '${sku}'`);
    await expect(undo(shop, repairId)).rejects.toMatchObject({ code: "state_changed_meanwhile" });
    await tamper(shop, `update products set sold = 1 where sku = '${sku}'`);

    await undo(shop, repairId);

    await expect(undo(shop, repairId)).rejects.toMatchObject({ code: "state_changed_meanwhile" });
  });

  test("of several is refused without keeping the others from their turn", async () => {
    const { repairId } = await broken();

    const results = await applyRepairs(shop.engine, { ids: ["rep_none", repairId], reason: "r", actor: "admin-1" });

    expect(results).toMatchObject([{ outcome: "refused", code: "not_found" }, { outcome: "mended" }]);
  });
});

describe("a breach", () => {
  test("that is found by many checks at once opens one case", async () => {
    await paidOrder(shop);
    await tamper(shop, "update products set sold = 7");

    await Promise.all(Array.from({ length: 6 }, () => check(shop, "stock-sold")));

    expect(await row("exceptions", "kind = 'invariant_broken'")).toHaveLength(1);
  });

  test("that comes right by itself closes its case, and one that comes back opens another", async () => {
    await paidOrder(shop);
    await tamper(shop, "update products set sold = 7");
    const first = await onlyBreach(shop, "stock-sold");
    await tamper(shop, "update products set sold = 1");
    expect(await check(shop, "stock-sold")).toMatchObject({ holds: true });
    expect(await row("repairs", "true")).toMatchObject([{ row: { ended_as: "vanished" } }]);
    await tamper(shop, "update products set sold = 7");

    expect((await onlyBreach(shop, "stock-sold")).exceptionId).not.toBe(first.exceptionId);
  });

  test("that a person has accepted stays quiet until its rows move", async () => {
    await paidOrder(shop);
    await tamper(shop, "update products set sold = 7");
    const { exceptionId } = await onlyBreach(shop, "stock-sold");
    await resolveException(shop.engine, {
      exceptionId,
      action: "write_off",
      reason: "counted by hand",
      by: { sub: "operator-1", role: "operator" },
    });

    expect(await check(shop, "stock-sold")).toMatchObject({ holds: true, breaches: [{ accepted: true }] });
    await tamper(shop, "update products set sold = 8");
    expect((await onlyBreach(shop, "stock-sold")).exceptionId).not.toBe(exceptionId);
  });

  test("is looked for a hundred at a time, and the check says that there are more", async () => {
    await tamper(
      shop,
      `insert into products (sku, name, price, available, sold)
       select 'many-' || lpad(n::text, 4, '0'), 'n', 1, 1, 1 from generate_series(1, 130) as n`,
    );

    const first = await check(shop, "stock-sold");
    expect({ found: first.breaches.length, more: first.more, says: first.says }).toMatchObject({
      found: 100,
      more: true,
      says: expect.stringContaining("at least 100"),
    });
    await tamper(shop, "update products set sold = 0 where sku < 'many-0101'");

    const second = await check(shop, "stock-sold");
    expect({ found: second.breaches.length, more: second.more }).toEqual({ found: 30, more: false });
  });

  test("of a law that cannot be checked keeps no other law from its turn", async () => {
    await paidOrder(shop);
    await tamper(shop, "alter table stock_holds rename to stock_away");
    const checked = await checkLaws(shop.engine, { reach: { kind: "all" } });
    await tamper(shop, "alter table stock_away rename to stock_holds");

    const failed = checked.filter(({ holds }) => !holds).map(({ name }) => name);
    expect(failed).toEqual(["hold-fits-order", "stock-reserved", "stock-sold"]);
    expect(checked.find(({ name }) => name === "stock-sold")?.says).toContain("could not be checked");
  });
});
