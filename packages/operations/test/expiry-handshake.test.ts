import { audit, exceptions, gatewayQueries, orders, payments } from "@zhanggui/db";
import { beforeEach, describe, expect, test } from "vitest";

import { cancelOrder, expireOrder, queryPayments, startPayment } from "../src/index.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import { age, forgetQueries, makeDue, planOf } from "./support/queries.ts";
import {
  type Shop,
  type Words,
  customerId,
  order,
  paid,
  passDeadline,
  standing,
  startedOrder,
  tell,
} from "./support/shop.ts";
import { useShopAtGateway } from "./support/use-shop-at-gateway.ts";

let gateway: GatewayServer;
let shop: Shop;
useShopAtGateway((itsShop, itsGateway) => {
  shop = itsShop;
  gateway = itsGateway;
});
beforeEach(() => forgetQueries(shop));

/** An order past its deadline, its attempt opened at the gateway that is called. */
async function dueAtGate() {
  const placed = await startedOrder(shop, { provider: "gate" });
  await passDeadline(shop, placed.order.id);
  gateway.calls.length = 0;
  return placed;
}

/** The same, but the gateway's answer to the start was lost: the buyer was given nothing to pay with. */
async function dueUnopened() {
  const placed = await order(shop, { provider: "gate" });
  gateway.answer({ "/pay": () => undefined });
  const starting = startPayment(shop.engine, { customerId, paymentId: placed.payment.id });
  await expect(starting).rejects.toMatchObject({ code: "gateway_unavailable" });
  await passDeadline(shop, placed.order.id);
  gateway.answer({});
  return placed;
}

type Placed = Awaited<ReturnType<typeof dueAtGate>>;

async function expire({ order: { id } }: Placed) {
  return (await expireOrder(shop.engine, { orderId: id })).kind;
}

/** As if the gateways had been asked for the whole five minutes. */
async function fiveMinutesLater({ order: { id } }: Placed): Promise<void> {
  const closing_since = new Date(Date.now() - 301_000);
  await shop.db.updateTable("orders").set({ closing_since }).where("id", "=", id).execute();
}

const queryWords = {
  paid: (placed: Placed): Words => ({
    code: "SUCCESS",
    ...paid(placed, { transaction_id: `T${placed.payment.outTradeNo}` }),
  }),
  paying: () => ({ code: "SUCCESS", status: "USERPAYING", amount: "39.80" }),
  unpaid: () => ({ code: "SUCCESS", status: "NOTPAY", amount: "39.80" }),
  not_found: () => ({ code: "NOT_FOUND" }),
  unknown: () => undefined,
} as const satisfies Record<string, (placed: Placed) => Words | undefined>;

const closeWords = {
  closed: { code: "SUCCESS" },
  paid: { code: "PAID" },
  not_found: { code: "NOT_FOUND" },
  unknown: undefined,
} as const;

type Query = keyof typeof queryWords;
type Close = keyof typeof closeWords;

function answer(placed: Placed, query: Query, close: Close): void {
  gateway.answer({ "/query": () => queryWords[query](placed), "/close": () => closeWords[close] });
}

describe("what the gateway says to query and to close decides", () => {
  const none: string[] = [];
  const queried = ["/query"];
  const both = ["/query", "/close"];
  const thrice = ["/query", "/close", "/query"];
  const unreachable = ["gateway_unreachable"];
  /** The outcome and the calls of the first ring, and the cases when the gateway says the same for five minutes. */
  const matrix: [Query, Close, { outcome: string; calls: string[]; cases: string[] }][] = [
    ["paid", "closed", { outcome: "ended", calls: queried, cases: none }],
    ["paid", "paid", { outcome: "ended", calls: queried, cases: none }],
    ["paid", "not_found", { outcome: "ended", calls: queried, cases: none }],
    ["paid", "unknown", { outcome: "ended", calls: queried, cases: none }],
    ["paying", "closed", { outcome: "closing", calls: queried, cases: none }],
    ["paying", "paid", { outcome: "closing", calls: queried, cases: unreachable }],
    ["paying", "not_found", { outcome: "closing", calls: queried, cases: unreachable }],
    ["paying", "unknown", { outcome: "closing", calls: queried, cases: unreachable }],
    ["unpaid", "closed", { outcome: "expired", calls: both, cases: none }],
    ["unpaid", "paid", { outcome: "closing", calls: thrice, cases: unreachable }],
    ["unpaid", "not_found", { outcome: "closing", calls: both, cases: unreachable }],
    ["unpaid", "unknown", { outcome: "closing", calls: both, cases: unreachable }],
    ["not_found", "closed", { outcome: "expired", calls: both, cases: none }],
    ["not_found", "paid", { outcome: "closing", calls: thrice, cases: unreachable }],
    ["not_found", "not_found", { outcome: "closing", calls: both, cases: unreachable }],
    ["not_found", "unknown", { outcome: "closing", calls: both, cases: unreachable }],
    ["unknown", "closed", { outcome: "closing", calls: queried, cases: unreachable }],
    ["unknown", "paid", { outcome: "closing", calls: queried, cases: unreachable }],
    ["unknown", "not_found", { outcome: "closing", calls: queried, cases: unreachable }],
    ["unknown", "unknown", { outcome: "closing", calls: queried, cases: unreachable }],
  ];

  test.each(matrix)("%s on query, %s on close", async (query, close, { outcome, calls, cases }) => {
    const placed = await dueAtGate();
    answer(placed, query, close);

    expect(await expire(placed)).toBe(outcome);

    expect(gateway.calls).toEqual(calls);
    const status = { ended: "paid", expired: "cancelled", closing: "pending" }[outcome];
    const holds = { ended: "consumed", expired: "released", closing: "held" }[outcome];
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: status, holds, exceptions: [] });

    if (outcome !== "closing") return;
    await fiveMinutesLater(placed);
    expect(await expire(placed)).toBe("expired");
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "cancelled",
      payments: ["expired"],
      holds: "released",
      exceptions: cases,
    });
    expect((await planOf(shop, placed.payment.id)).left_open).toBe(cases.length > 0);
    expect(await tell(shop, paid(placed), "gate")).toBe("late_payment");
  });
});

test("a buyer who is paying is waited for, and after five minutes closed there like any other", async () => {
  const placed = await dueAtGate();
  answer(placed, "paying", "closed");
  expect(await expire(placed)).toBe("closing");
  await fiveMinutesLater(placed);
  gateway.calls.length = 0;

  expect(await expire(placed)).toBe("expired");

  expect(gateway.calls).toEqual(["/query", "/close"]);
});

describe("an attempt whose start the gateway never answered", () => {
  test("and of which it knows nothing delays the release, and then opens no case", async () => {
    const placed = await dueUnopened();
    answer(placed, "not_found", "not_found");

    expect(await expire(placed)).toBe("closing");
    await fiveMinutesLater(placed);
    expect(await expire(placed)).toBe("expired");

    expect(await standing(shop, placed.order.id)).toMatchObject({ payments: ["expired"], exceptions: [] });
  });

  test("is asked about further all the same, and its money is late money", async () => {
    const placed = await dueUnopened();
    answer(placed, "not_found", "not_found");
    await fiveMinutesLater(placed);
    await expire(placed);
    expect((await planOf(shop, placed.payment.id)).inSeconds).toBeCloseTo(60, -1);

    answer(placed, "paid", "paid");
    await makeDue(shop, placed.payment.id);
    await queryPayments(shop.engine);

    expect(await standing(shop, placed.order.id)).toMatchObject({ money: ["39.80"], exceptions: ["late_payment"] });
  });

  test("opens a case when the gateway cannot be heard, because then nothing is known", async () => {
    const placed = await dueUnopened();
    answer(placed, "unknown", "unknown");
    await fiveMinutesLater(placed);

    expect(await expire(placed)).toBe("expired");

    expect((await standing(shop, placed.order.id)).exceptions).toEqual(["gateway_unreachable"]);
  });

  test("has that case closed by itself when the gateway is heard and knows nothing of it", async () => {
    const placed = await dueUnopened();
    answer(placed, "unknown", "unknown");
    await fiveMinutesLater(placed);
    await expire(placed);

    answer(placed, "not_found", "not_found");
    await makeDue(shop, placed.payment.id);
    await queryPayments(shop.engine);

    expect(await exceptions.ofOrder(shop.db, placed.order.id)).toMatchObject([{ state: "resolved" }]);
    expect((await planOf(shop, placed.payment.id)).next_query_at).not.toBeNull();
  });
});

describe("the case of a gateway that could not be heard", () => {
  async function unreachable() {
    const placed = await dueAtGate();
    answer(placed, "unknown", "unknown");
    await fiveMinutesLater(placed);
    await expire(placed);
    return placed;
  }

  async function askedLater(placed: Placed): Promise<void> {
    await age(shop, placed.payment.id, 61);
    await makeDue(shop, placed.payment.id);
    await queryPayments(shop.engine);
  }

  const casesOf = async ({ order: { id } }: Placed) =>
    (await exceptions.ofOrder(shop.db, id)).map(({ kind, state }) => `${kind} ${state}`);

  test("closes by itself when the gateway closes the attempt at last", async () => {
    const placed = await unreachable();
    answer(placed, "unpaid", "closed");

    await askedLater(placed);

    expect(await casesOf(placed)).toEqual(["gateway_unreachable resolved"]);
    expect((await audit.ofOrder(shop.db, placed.order.id)).at(-1)).toMatchObject({
      actor: "system:query",
      action: "exception.resolve",
      reason: "the gateway was heard: closed",
    });
  });

  test("gives way to the case of the late money that is found", async () => {
    const placed = await unreachable();
    answer(placed, "paid", "paid");

    await askedLater(placed);
    await askedLater(placed);

    expect(await casesOf(placed)).toEqual(["gateway_unreachable resolved", "late_payment open"]);
  });

  test("gives way to the late money that a callback tells of", async () => {
    const placed = await unreachable();
    expect(await tell(shop, paid(placed), "gate")).toBe("late_payment");

    await queryPayments(shop.engine);

    expect(await casesOf(placed)).toEqual(["gateway_unreachable resolved", "late_payment open"]);
  });

  test.each(["unknown", "not_found"] as const)("stays open while the answer is %s", async (words) => {
    const placed = await unreachable();
    answer(placed, words, words);

    await askedLater(placed);

    expect(await casesOf(placed)).toEqual(["gateway_unreachable open"]);
  });
});

describe("what the gateway answered to the close", () => {
  test("is kept as the evidence of the cancellation", async () => {
    const placed = await dueAtGate();
    await expire(placed);

    const calls = await gatewayQueries.ofOrder(shop.db, placed.order.id);
    const entry = (await audit.ofOrder(shop.db, placed.order.id)).find(({ action }) => action === "payment.expired");
    expect(calls).toMatchObject([
      { call: "query", answer: "found", says: "NOTPAY" },
      { call: "close", answer: "closed" },
    ]);
    expect(entry).toMatchObject({
      after: { status: "expired", gateway: "closed" },
      evidence: `gateway_query:${calls[1]?.id}`,
    });
  });

  test("is kept also where it was no answer, when a customer cancels", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    answer(placed, "unpaid", "not_found");

    await cancelOrder(shop.engine, { orderId: placed.order.id, customerId, actor: customerId });

    const entry = (await audit.ofOrder(shop.db, placed.order.id)).find(({ action }) => action === "payment.cancelled");
    expect(entry).toMatchObject({ after: { gateway: "the gateway knows of no such payment" } });
    expect(await planOf(shop, placed.payment.id)).toMatchObject({ status: "cancelled", left_open: true });
  });
});

test("closing an order holds no transaction open while the gateway thinks", async () => {
  const placed = await dueAtGate();
  const free: unknown[] = [];
  const look = (words: Words) => async () => {
    free.push(
      await shop.db.transaction().execute(async (tx) => ({
        order: (await orders.lock(tx, placed.order.id))?.status,
        payment: (await payments.lock(tx, placed.payment.id))?.status,
      })),
    );
    return words;
  };
  gateway.answer({ "/query": look(queryWords.unpaid()), "/close": look(closeWords.closed) });

  expect(await expire(placed)).toBe("expired");

  expect(free).toEqual([
    { order: "pending", payment: "processing" },
    { order: "pending", payment: "processing" },
  ]);
});
