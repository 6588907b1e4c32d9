import { refunds } from "@zhanggui/db";
import { Decimal } from "@zhanggui/domain";
import { sql } from "kysely";
import { afterEach, describe, expect, test } from "vitest";

import {
  cancelByOperator,
  fulfilOrder,
  refundOrder,
  sendRefund,
  settleCallback,
  sweep,
  withdrawRefund,
} from "../src/index.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import {
  expectRefundsConserved,
  notProposed,
  paidOrder,
  passPause,
  refundDesk,
  refundNotice,
  refunded,
  requested,
  stateOf,
  wayBack,
} from "./support/refund-desk.ts";
import {
  type Shop,
  actionsOf,
  countersOf,
  expectStockConserved,
  hear,
  order,
  paid,
  standing,
  startedOrder,
  stock,
  tell,
  withoutQueue,
} from "./support/shop.ts";
import { useShopAtGateway } from "./support/use-shop-at-gateway.ts";

let shop: Shop;
let gateway: GatewayServer;
useShopAtGateway((opened, started) => {
  shop = opened;
  gateway = started;
});

afterEach(() => expectRefundsConserved(shop));

const operator = { actor: "operator-1", reason: "asked for by the customer" };
const move = (orderId: string, event: "ship" | "complete") => fulfilOrder(shop.engine, { orderId, event, ...operator });
const faulted = (code: string, facts: object = {}) => ({ code, facts: expect.objectContaining(facts) });

describe("a refund is refused", () => {
  test("of an order that was never paid", async () => {
    const placed = await order(shop);

    await expect(refundOrder(shop.engine, { orderId: placed.order.id, ...operator })).rejects.toMatchObject(
      faulted("nothing_to_refund", { order: "pending" }),
    );
  });

  test("of an order that is not there", async () => {
    await expect(refundOrder(shop.engine, { orderId: "ord_0", ...operator })).rejects.toMatchObject({
      code: "order_not_found",
    });
  });

  test("of more than is left, with what remains", async () => {
    refundDesk(gateway);
    const placed = await paidOrder(shop);
    await refunded(shop, placed, "30.00");

    await expect(requested(shop, placed, "9.81")).rejects.toMatchObject(
      faulted("refund_exceeds_payment", { asked: "9.81", remaining: "9.80" }),
    );
  });

  test("when all of it is on its way already", async () => {
    const placed = await paidOrder(shop);
    await requested(shop, placed);

    await expect(requested(shop, placed)).rejects.toMatchObject(faulted("nothing_to_refund"));
    await expect(requested(shop, placed, "0.01")).rejects.toMatchObject(faulted("nothing_to_refund"));
  });

  test("at a provider that is never called", async () => {
    const placed = await startedOrder(shop);
    await tell(shop, paid(placed));

    await expect(refundOrder(shop.engine, { orderId: placed.order.id, ...operator })).rejects.toMatchObject(
      faulted("gateway_not_callable", { provider: "till" }),
    );
    expect(await refunds.ofOrder(shop.db, placed.order.id)).toEqual([]);
  });

  test("with its pieces back on sale when it is only of a part", async () => {
    const placed = await paidOrder(shop);

    await expect(requested(shop, placed, "1.00", true)).rejects.toMatchObject(faulted("invalid_input"));
    expect(await wayBack(shop, placed)).toEqual({ refunded: "0.00", reserved: "0.00" });
  });

  test("under a key that was used for another one", async () => {
    const placed = await paidOrder(shop);
    const asked = { orderId: placed.order.id, idempotencyKey: `k-${placed.order.id}`, ...operator };
    await refundOrder(shop.engine, asked);

    await expect(refundOrder(shop.engine, { ...asked, restock: true })).rejects.toMatchObject({
      code: "idempotency_conflict",
    });
  });
});

describe("a refund", () => {
  test("is reserved and written under its number before the gateway hears of it", async () => {
    const placed = await paidOrder(shop);
    gateway.calls.length = 0;

    const { refund } = await requested(shop, placed, "10.00");

    expect(refund).toMatchObject({ status: "created", amount: "10.00", orderId: placed.order.id });
    expect(refund.outRefundNo).toMatch(/^[0-9A-Za-z]{8,32}$/);
    expect(await wayBack(shop, placed)).toEqual({ refunded: "0.00", reserved: "10.00" });
    expect(gateway.calls).toEqual([]);
    expect(shop.asked.sendRefund.at(-1)).toBe(refund.id);
  });

  test("of everything ends the order, and puts no piece back by itself", async () => {
    refundDesk(gateway);
    const sku = await stock(shop, 5);
    const placed = await paidOrder(shop, [{ sku, quantity: 2 }]);

    const { status } = await refunded(shop, placed);

    expect(status).toBe("succeeded");
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "refunded",
      exceptions: [],
      holds: "consumed",
    });
    expect(await countersOf(shop, sku)).toEqual({ available: 3, reserved: 0, sold: 2 });
    expect(await wayBack(shop, placed)).toEqual({ refunded: placed.payment.amount, reserved: "0.00" });
  });

  test("of everything puts the pieces back on sale when that was chosen", async () => {
    refundDesk(gateway);
    const sku = await stock(shop, 5);
    const placed = await paidOrder(shop, [{ sku, quantity: 2 }]);

    await refunded(shop, placed, undefined, true);

    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "refunded", holds: "released" });
    expect(await countersOf(shop, sku)).toEqual({ available: 5, reserved: 0, sold: 0 });
  });

  test("in parts leaves the order until the last part is back", async () => {
    refundDesk(gateway);
    const placed = await paidOrder(shop);
    const orderNow = async () => (await standing(shop, placed.order.id)).order;

    await refunded(shop, placed, "10.00");
    await refunded(shop, placed, "0.01");
    expect(await orderNow()).toBe("paid");
    await refunded(shop, placed);

    expect(await orderNow()).toBe("refunded");
    expect((await refunds.ofOrder(shop.db, placed.order.id)).map(({ amount }) => amount)).toEqual([
      "10.00",
      "0.01",
      "29.79",
    ]);
    expect((await actionsOf(shop, placed.order.id)).filter((action) => action === "order.refund")).toHaveLength(1);
  });

  test.each(["shipped", "completed"] as const)("of everything ends an order that was %s", async (state) => {
    refundDesk(gateway);
    const placed = await paidOrder(shop);
    await move(placed.order.id, "ship");
    if (state === "completed") await move(placed.order.id, "complete");

    await refunded(shop, placed);

    expect((await standing(shop, placed.order.id)).order).toBe("refunded");
  });

  test("that is on its way keeps the order from being shipped", async () => {
    const placed = await paidOrder(shop);
    await requested(shop, placed);

    await expect(move(placed.order.id, "ship")).rejects.toMatchObject({ code: "invalid_transition" });
  });

  test("of a part does not keep the order from being shipped", async () => {
    const placed = await paidOrder(shop);
    await requested(shop, placed, "1.00");

    expect((await move(placed.order.id, "ship")).status).toBe("shipped");
  });

  test("asked for again under the same key is the same refund", async () => {
    const placed = await paidOrder(shop);
    const asked = { orderId: placed.order.id, idempotencyKey: `again-${placed.order.id}`, ...operator };

    const [first, second] = await Promise.all([refundOrder(shop.engine, asked), refundOrder(shop.engine, asked)]);

    expect(notProposed(second).refund.id).toBe(notProposed(first).refund.id);
    expect(await refunds.ofOrder(shop.db, placed.order.id)).toHaveLength(1);
  });

  test("thirty times at once never exceeds what came in", async () => {
    const placed = await paidOrder(shop);

    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => requested(shop, placed, "1.50")));

    const taken = outcomes.filter(({ status }) => status === "fulfilled");
    expect(taken).toHaveLength(26);
    expect(await wayBack(shop, placed)).toEqual({ refunded: "0.00", reserved: "39.00" });
  });
});

describe("above the limit a refund", () => {
  const strict = () => ({ ...shop.engine, secondPersonLimit: "30.00" });
  const all = (orderId: string, actor: string) =>
    refundOrder(strict(), { orderId, actor, reason: "asked for by the customer" });

  test("is proposed, and made when somebody else asks for the same", async () => {
    const { order: placed } = await paidOrder(shop);

    const first = await all(placed.id, "operator-1");
    expect(first).toMatchObject({ proposal: { amount: "39.80", by: "operator-1" } });
    expect(await refunds.ofOrder(shop.db, placed.id)).toEqual([]);
    await expect(all(placed.id, "operator-1")).rejects.toMatchObject(faulted("second_person_needed"));

    expect(notProposed(await all(placed.id, "operator-2")).refund).toMatchObject({ amount: "39.80" });
    expect(await actionsOf(shop, placed.id)).toEqual(
      expect.arrayContaining(["refund.propose", "refund.confirm", "refund.request"]),
    );
  });

  test("is confirmed by one of many who ask at once", async () => {
    const { order: placed } = await paidOrder(shop);
    await all(placed.id, "operator-1");

    await Promise.allSettled(Array.from({ length: 10 }, (_, at) => all(placed.id, `operator-${at + 2}`)));

    expect(await refunds.ofOrder(shop.db, placed.id)).toHaveLength(1);
  });

  test("holds back every other refund of the order until it is withdrawn", async () => {
    const { order: placed } = await paidOrder(shop);
    await all(placed.id, "operator-1");
    const part = () => refundOrder(strict(), { orderId: placed.id, amount: new Decimal("5.00"), ...operator });

    await expect(part()).rejects.toMatchObject(faulted("action_not_allowed"));
    await expect(
      cancelByOperator(strict(), { orderId: placed.id, ...operator, actor: "operator-2" }),
    ).rejects.toMatchObject(faulted("action_not_allowed"));
    await withdrawRefund(strict(), { orderId: placed.id, by: "operator-2", reason: "a mistake" });

    expect(notProposed(await part()).refund).toMatchObject({ amount: "5.00" });
    await expect(
      withdrawRefund(strict(), { orderId: placed.id, by: "operator-2", reason: "again" }),
    ).rejects.toMatchObject(faulted("action_not_allowed"));
  });
});

describe("what the gateway says", () => {
  test("'no' frees the amount and asks a person, and the refund can be asked for again under a new number", async () => {
    gateway.answer({ "/refund": () => ({ code: "FAIL", message: "not enough balance" }) });
    const placed = await paidOrder(shop);

    const first = await refunded(shop, placed);

    expect(first.status).toBe("failed");
    expect(await wayBack(shop, placed)).toEqual({ refunded: "0.00", reserved: "0.00" });
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", exceptions: ["refund_failed"] });
    expect((await refunds.find(shop.db, first.id))?.error).toBe("not enough balance");
    refundDesk(gateway);
    const second = await refunded(shop, placed);
    expect(second.status).toBe("succeeded");
    expect(second.outRefundNo).not.toBe(first.outRefundNo);
  });

  test("'on its way' keeps the amount, and the refund succeeds when a later query says so", async () => {
    const desk = refundDesk(gateway, "PROCESSING");
    const placed = await paidOrder(shop);
    const refund = await refunded(shop, placed);
    expect(refund.status).toBe("processing");
    expect(await sendRefund(shop.engine, refund.id)).toBe("not_due");
    desk.made.set(refund.outRefundNo, { refund_id: "g", refund_status: "SUCCESS" });
    await passPause(shop, refund.id);

    expect(await sendRefund(shop.engine, refund.id)).toBe("succeeded");
    expect(desk.asked.get(refund.outRefundNo)).toBe(1);
    expect((await standing(shop, placed.order.id)).order).toBe("refunded");
  });

  test("'abnormal' keeps the amount and asks a person; a success that follows closes the case", async () => {
    refundDesk(gateway, "ABNORMAL");
    const placed = await paidOrder(shop);
    const refund = await refunded(shop, placed);
    expect(refund.status).toBe("abnormal");
    expect(await wayBack(shop, placed)).toEqual({ refunded: "0.00", reserved: placed.payment.amount });
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", exceptions: ["refund_failed"] });
    expect(await refunds.due(shop.db, 100)).not.toContain(refund.id);

    expect(await tell(shop, refundNotice(placed, refund), "gate")).toBe("refund_succeeded");

    const cases = await shop.db.selectFrom("exceptions").selectAll().where("order_id", "=", placed.order.id).execute();
    expect(cases.map(({ state }) => state)).toEqual(["resolved"]);
    expect((await standing(shop, placed.order.id)).order).toBe("refunded");
  });

  test("nothing leaves the outcome unknown, the amount kept, and the order as it was", async () => {
    gateway.answer({ "/refund": () => undefined, "/refund-query": () => undefined });
    const placed = await paidOrder(shop);

    const { status, id } = await refunded(shop, placed);

    expect(status).toBe("unknown");
    expect(await wayBack(shop, placed)).toEqual({ refunded: "0.00", reserved: placed.payment.amount });
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", exceptions: [] });
    expect((await refunds.find(shop.db, id))?.next_ask_at).not.toBeNull();
  });

  test("nothing for an hour asks a person once, and the gateway is asked for ever", async () => {
    gateway.answer({ "/refund": () => undefined, "/refund-query": () => undefined });
    const placed = await paidOrder(shop);
    const { id } = await refunded(shop, placed);
    await sql`update refunds set created_at = now() - interval '2 hours' where id = ${id}`.execute(shop.db);

    for (let asks = 0; asks < 8; asks += 1) {
      await passPause(shop, id);
      expect(await sendRefund(shop.engine, id)).toBe("unknown");
    }

    const row = await refunds.find(shop.db, id);
    expect((await standing(shop, placed.order.id)).exceptions).toEqual(["refund_unknown"]);
    const pauseMs = (row?.next_ask_at?.getTime() ?? 0) - Date.now();
    expect(pauseMs).toBeGreaterThan(3_500_000);
    expect(pauseMs).toBeLessThan(3_700_000);
    refundDesk(gateway);
    await passPause(shop, id);
    expect(await sendRefund(shop.engine, id)).toBe("succeeded");
  });

  test("an answer that was lost is found by asking, and nothing is refunded twice", async () => {
    const desk = refundDesk(gateway);
    const answer = { ...desk };
    const placed = await paidOrder(shop);
    gateway.answer({
      "/refund": (call) => {
        answer.made.set(call["out_refund_no"] ?? "", { refund_id: "g1", refund_status: "SUCCESS" });
        return undefined;
      },
      "/refund-query": (call) => {
        const known = answer.made.get(call["out_refund_no"] ?? "");
        return known === undefined ? { code: "NOT_FOUND" } : { code: "SUCCESS", ...known };
      },
    });
    const { id, status } = await refunded(shop, placed);
    expect(status).toBe("unknown");
    await passPause(shop, id);

    expect(await sendRefund(shop.engine, id)).toBe("succeeded");
    expect(gateway.calls.filter((path) => path === "/refund")).toHaveLength(1);
    expect((await refunds.find(shop.db, id))?.refund_id).toBe("g1");
  });

  test("a refund that the gateway never received is sent again under the same number", async () => {
    gateway.answer({ "/refund": () => undefined });
    const placed = await paidOrder(shop);
    const { id, outRefundNo } = await refunded(shop, placed);
    const desk = refundDesk(gateway);
    await passPause(shop, id);

    expect(await sendRefund(shop.engine, id)).toBe("succeeded");
    expect([...desk.asked]).toEqual([[outRefundNo, 1]]);
  });

  test("a refusal of a refund that was sent before counts only when a query knows of none", async () => {
    const placed = await paidOrder(shop);
    gateway.answer({ "/refund": () => undefined });
    const { id } = await refunded(shop, placed);
    let queries = 0;
    gateway.answer({
      "/refund": () => ({ code: "FAIL", message: "already refunded" }),
      "/refund-query": () => {
        queries += 1;
        return queries === 1 ? { code: "NOT_FOUND" } : { code: "SUCCESS", refund_id: "g", refund_status: "SUCCESS" };
      },
    });
    await passPause(shop, id);

    expect(await sendRefund(shop.engine, id)).toBe("succeeded");
  });
});

describe("a worker that dies in the middle", () => {
  test("after the call leaves one refund at the gateway, under one number", async () => {
    const desk = refundDesk(gateway);
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed);
    const dying = { ...shop.engine, outside: { ...shop.engine.outside, fetch: dieAfterwards } };
    await expect(sendRefund(dying, refund.id)).resolves.toBe("unknown");
    await shop.db.updateTable("refunds").set({ status: "created" }).where("id", "=", refund.id).execute();
    await passPause(shop, refund.id);

    expect(await sendRefund(shop.engine, refund.id)).toBe("succeeded");
    expect([...desk.asked]).toEqual([[refund.outRefundNo, 1]]);
  });

  test("is not run twice at the same time: of ten at once one asks", async () => {
    const desk = refundDesk(gateway);
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed);

    const outcomes = await Promise.all(Array.from({ length: 10 }, () => sendRefund(shop.engine, refund.id)));

    expect(outcomes.filter((outcome) => outcome === "succeeded")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "not_due")).toHaveLength(9);
    expect(desk.asked.get(refund.outRefundNo)).toBe(1);
  });

  test("before the call is followed by the sweep, with a queue or without", async () => {
    const desk = refundDesk(gateway);
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed);

    await sweep(shop.engine, 0);
    expect(shop.asked.resendRefunds).toContain(refund.id);
    await sweep(withoutQueue(shop), 0);

    expect(await stateOf(shop, refund.id)).toBe("succeeded");
    expect(desk.asked.get(refund.outRefundNo)).toBe(1);
  });
});

const dieAfterwards: typeof fetch = async (input, init) => {
  await fetch(input, init).then((response) => response.text());
  throw new Error("killed");
};

describe("a notice of a refund", () => {
  test("that overtakes the answer to our call is found by our number, and the answer changes nothing", async () => {
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed);
    gateway.answer({
      "/refund": async () => {
        expect(await tell(shop, refundNotice(placed, refund), "gate")).toBe("refund_succeeded");
        return { code: "SUCCESS", refund_id: `G${refund.outRefundNo}`, refund_status: "PROCESSING" };
      },
    });

    expect(await sendRefund(shop.engine, refund.id)).toBe("succeeded");
    expect(await wayBack(shop, placed)).toEqual({ refunded: placed.payment.amount, reserved: "0.00" });
    expect((await actionsOf(shop, placed.order.id)).filter((action) => action === "order.refund")).toHaveLength(1);
  });

  test("twenty times at once, beside the answer, ends the order once", async () => {
    refundDesk(gateway);
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed);
    const heard = await Promise.all(
      ["PROCESSING", "SUCCESS"].map((refund_status) =>
        hear(shop, { ...refundNotice(placed, refund), refund_status }, "gate"),
      ),
    );

    await Promise.allSettled([
      ...Array.from({ length: 10 }, () => heard.map(({ id }) => settleCallback(shop.engine, id))).flat(),
      sendRefund(shop.engine, refund.id),
    ]);

    expect(await wayBack(shop, placed)).toEqual({ refunded: placed.payment.amount, reserved: "0.00" });
    expect((await actionsOf(shop, placed.order.id)).filter((action) => action === "order.refund")).toHaveLength(1);
  });

  test("with another amount than ours changes nothing and asks a person", async () => {
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed, "10.00");

    const outcome = await tell(shop, { ...refundNotice(placed, refund), refund_amount: "10.01" }, "gate");

    expect(outcome).toBe("amount_mismatch");
    expect(await stateOf(shop, refund.id)).toBe("created");
    expect((await standing(shop, placed.order.id)).exceptions).toEqual(["amount_mismatch"]);
  });

  test.each(["CLOSED", "FAIL"])("%s frees the amount", async (refund_status) => {
    refundDesk(gateway, "PROCESSING");
    const placed = await paidOrder(shop);
    const refund = await refunded(shop, placed);

    expect(await tell(shop, { ...refundNotice(placed, refund), refund_status }, "gate")).toBe("refund_failed");
    expect(await wayBack(shop, placed)).toEqual({ refunded: "0.00", reserved: "0.00" });
    expect((await standing(shop, placed.order.id)).exceptions).toEqual(["refund_failed"]);
  });

  test("that comes late lowers nothing; one that takes a success back asks a person", async () => {
    refundDesk(gateway);
    const placed = await paidOrder(shop);
    const refund = await refunded(shop, placed);
    const notice = refundNotice(placed, refund);

    expect(await tell(shop, notice, "gate")).toBe("repeat");
    expect(await tell(shop, { ...notice, refund_status: "PROCESSING" }, "gate")).toBe("outranked");
    expect(await tell(shop, { ...notice, refund_status: "ABNORMAL" }, "gate")).toBe("outranked");
    expect(await tell(shop, { ...notice, refund_status: "FAIL" }, "gate")).toBe("refund_failed");

    expect(await stateOf(shop, refund.id)).toBe("succeeded");
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "refunded", exceptions: ["refund_failed"] });
  });

  test("of success after a failure is booked while the money is still there", async () => {
    gateway.answer({ "/refund": () => ({ code: "FAIL", message: "no" }) });
    const placed = await paidOrder(shop);
    const refund = await refunded(shop, placed);

    expect(await tell(shop, refundNotice(placed, refund), "gate")).toBe("refund_succeeded");
    expect(await wayBack(shop, placed)).toEqual({ refunded: placed.payment.amount, reserved: "0.00" });
    expect((await standing(shop, placed.order.id)).order).toBe("refunded");
  });

  test("of success after a failure whose money has gone another way asks a person", async () => {
    gateway.answer({ "/refund": () => ({ code: "FAIL", message: "no" }) });
    const placed = await paidOrder(shop);
    const first = await refunded(shop, placed);
    refundDesk(gateway);
    await refunded(shop, placed);

    expect(await tell(shop, refundNotice(placed, first), "gate")).toBe("refund_unknown");
    expect(await wayBack(shop, placed)).toEqual({ refunded: placed.payment.amount, reserved: "0.00" });
    expect((await standing(shop, placed.order.id)).exceptions.toSorted()).toEqual(["refund_failed", "refund_unknown"]);
  });
});

describe("a refund made in the gateway's own console", () => {
  test("of all the money is booked, ends the order, and is told to a person", async () => {
    const placed = await paidOrder(shop);
    const notice = refundNotice(placed, { outRefundNo: "CONSOLE-1", amount: placed.payment.amount });

    expect(await tell(shop, notice, "gate")).toBe("refund_unknown");

    expect(await wayBack(shop, placed)).toEqual({ refunded: placed.payment.amount, reserved: "0.00" });
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "refunded", exceptions: ["refund_unknown"] });
    expect(await refunds.ofOrder(shop.db, placed.order.id)).toMatchObject([{ origin: "gateway", status: "succeeded" }]);
    expect(await tell(shop, { ...notice, refund_status: "PROCESSING" }, "gate")).toBe("outranked");
  });

  test("of a part leaves less for the others", async () => {
    const placed = await paidOrder(shop);
    await tell(shop, refundNotice(placed, { outRefundNo: "CONSOLE-2", amount: "30.00" }), "gate");

    await expect(requested(shop, placed, "9.81")).rejects.toMatchObject(faulted("refund_exceeds_payment"));
    expect((await standing(shop, placed.order.id)).order).toBe("paid");
  });

  test("of more than is left, or of money we never saw, is parked for a person", async () => {
    const placed = await paidOrder(shop);
    await requested(shop, placed);
    const notice = refundNotice(placed, { outRefundNo: "CONSOLE-3", amount: "0.01" });
    const strange = { ...notice, out_trade_no: "NOTOURS123", transaction_id: "NOTOURS123", out_refund_no: "CONSOLE-4" };

    expect(await tell(shop, notice, "gate")).toBe("refund_unknown");
    expect(await tell(shop, strange, "gate")).toBe("refund_unknown");
    expect(await wayBack(shop, placed)).toEqual({ refunded: "0.00", reserved: placed.payment.amount });
  });

  test("under one number only told as processing moves no money", async () => {
    const placed = await paidOrder(shop);
    const notice = refundNotice(placed, { outRefundNo: "CONSOLE-5", amount: "1.00" });

    expect(await tell(shop, { ...notice, refund_status: "PROCESSING" }, "gate")).toBe("refund_unknown");
    expect(await wayBack(shop, placed)).toEqual({ refunded: "0.00", reserved: "0.00" });
  });
});

describe("a cancellation by an operator", () => {
  const cancel = (orderId: string, restock?: boolean) =>
    cancelByOperator(shop.engine, { orderId, ...operator, restock });

  test("of an unpaid order is one at once", async () => {
    const placed = await order(shop);

    const { order: now, refund } = await cancel(placed.order.id);

    expect(now.status).toBe("cancelled");
    expect(refund).toBeUndefined();
  });

  test("of a paid order waits for its money to be back, and puts the pieces on sale again", async () => {
    const sku = await stock(shop, 3);
    const placed = await paidOrder(shop, [{ sku, quantity: 3 }]);

    const { order: now, refund } = await cancel(placed.order.id);
    expect(now.status).toBe("paid");
    await expect(move(placed.order.id, "ship")).rejects.toMatchObject({ code: "invalid_transition" });
    refundDesk(gateway);
    await sendRefund(shop.engine, refund?.id ?? "");

    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "cancelled",
      holds: "released",
      effective: 1,
    });
    expect(await countersOf(shop, sku)).toEqual({ available: 3, reserved: 0, sold: 0 });
  });

  test("leaves the pieces sold when that was chosen", async () => {
    refundDesk(gateway);
    const sku = await stock(shop, 3);
    const placed = await paidOrder(shop, [{ sku, quantity: 3 }]);

    const { refund } = await cancel(placed.order.id, false);
    await sendRefund(shop.engine, refund?.id ?? "");

    expect(await countersOf(shop, sku)).toEqual({ available: 0, reserved: 0, sold: 3 });
  });

  test("whose refund fails leaves a paid order that can be shipped", async () => {
    gateway.answer({ "/refund": () => ({ code: "FAIL", message: "no" }) });
    const placed = await paidOrder(shop);
    const { refund } = await cancel(placed.order.id);
    await sendRefund(shop.engine, refund?.id ?? "");

    expect((await move(placed.order.id, "ship")).status).toBe("shipped");
  });

  test("with a part on its way ends the order when both are back, in whatever order", async () => {
    const desk = refundDesk(gateway, "PROCESSING");
    const placed = await paidOrder(shop);
    const part = await refunded(shop, placed, "9.80");
    const { refund: rest } = await cancel(placed.order.id);
    desk.made.set(rest?.outRefundNo ?? "", { refund_status: "SUCCESS" });
    expect(rest?.amount).toBe("30.00");

    await sendRefund(shop.engine, rest?.id ?? "");
    expect((await standing(shop, placed.order.id)).order).toBe("paid");
    await tell(shop, refundNotice(placed, part), "gate");

    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "cancelled", holds: "released" });
  });

  test.each(["shipped", "refunded"])("of a %s order is refused", async (state) => {
    refundDesk(gateway);
    const placed = await paidOrder(shop);
    if (state === "shipped") await move(placed.order.id, "ship");
    else await refunded(shop, placed);

    await expect(cancel(placed.order.id)).rejects.toMatchObject({ code: "invalid_transition" });
  });

  test("ten times at once sends the money back once", async () => {
    const placed = await paidOrder(shop);

    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => cancel(placed.order.id)));

    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await wayBack(shop, placed)).toEqual({ refunded: "0.00", reserved: placed.payment.amount });
    await expectStockConserved(shop);
  });
});
