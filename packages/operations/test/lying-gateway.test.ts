import { audit, callbacks, exceptions, refunds } from "@zhanggui/db";
import { describe, expect, test } from "vitest";

import {
  addPayment,
  expireOrder,
  queryPayments,
  resolveException,
  sendRefund,
  settleCallback,
  startPayment,
  viewCases,
} from "../src/index.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import { makeDue, planOf } from "./support/queries.ts";
import { paidOrder, refundNotice, requested, stateOf, wayBack } from "./support/refund-desk.ts";
import {
  type Shop,
  customerId,
  newTransactionId,
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

const failed = { status: "PAYERROR", transaction_id: "" };

/** An attempt whose gateway says that it failed; the buyer may try again under the same number. */
async function failedAtGate() {
  const placed = await startedOrder(shop, { provider: "gate" });
  await tell(shop, paid(placed, failed), "gate");
  expect((await standing(shop, placed.order.id)).payments).toEqual(["failed"]);
  gateway.calls.length = 0;
  return placed;
}

async function casesOf(orderId: string) {
  return (await exceptions.ofOrder(shop.db, orderId)).map(({ kind, state }) => `${kind} ${state}`);
}

test("money that is taken in silence after the gateway said closed is found a minute later, and asked about no more", async () => {
  gateway.answer({ "/close": () => ({ code: "SUCCESS" }) });
  const placed = await startedOrder(shop, { provider: "gate" });
  await passDeadline(shop, placed.order.id);
  expect(await expireOrder(shop.engine, { orderId: placed.order.id })).toEqual({ kind: "expired" });
  const { inSeconds } = await planOf(shop, placed.payment.id);
  expect(inSeconds).toBeGreaterThan(50);
  expect(inSeconds).toBeLessThan(70);

  gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });
  await makeDue(shop, placed.payment.id);
  await queryPayments(shop.engine);

  expect(await casesOf(placed.order.id)).toEqual(["late_payment open"]);
  expect((await planOf(shop, placed.payment.id)).next_query_at).toBeNull();
});

describe("an attempt that failed, and was paid at the next try without a word", () => {
  test("makes its order paid when its gateway is next asked", async () => {
    const placed = await failedAtGate();
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });
    await makeDue(shop, placed.payment.id);

    await queryPayments(shop.engine);

    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", payments: ["succeeded"] });
  });

  test("makes its order paid when that would expire", async () => {
    const placed = await failedAtGate();
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });
    await passDeadline(shop, placed.order.id);

    expect(await expireOrder(shop.engine, { orderId: placed.order.id })).toEqual({ kind: "ended" });

    expect((await standing(shop, placed.order.id)).order).toBe("paid");
  });

  test("is surplus when another attempt has paid the order meanwhile", async () => {
    const placed = await failedAtGate();
    const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "till" });
    await startPayment(shop.engine, { customerId, paymentId: second.id });
    await tell(shop, paid({ payment: second }), "till");
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });
    await makeDue(shop, placed.payment.id);

    await queryPayments(shop.engine);

    expect(await casesOf(placed.order.id)).toEqual(["surplus_payment open"]);
  });

  test("is not closed while its order waits for money, and holds up no expiry", async () => {
    const placed = await failedAtGate();
    gateway.answer({ "/query": () => undefined });
    await makeDue(shop, placed.payment.id);
    await queryPayments(shop.engine);

    expect(gateway.calls).not.toContain("/close");
    await passDeadline(shop, placed.order.id);
    expect(await expireOrder(shop.engine, { orderId: placed.order.id })).toEqual({ kind: "expired" });
    expect((await planOf(shop, placed.payment.id)).next_query_at).not.toBeNull();
  });

  test("is not asked about when its gateway refused to open it", async () => {
    gateway.answer({ "/pay": () => ({ code: "FAIL", message: "no" }) });
    const placed = await startedOrder(shop, { provider: "gate" }).catch(() => undefined);
    expect(placed).toBeUndefined();

    const [refused] = await shop.db
      .selectFrom("payments")
      .selectAll()
      .where("status", "=", "failed")
      .orderBy("id", "desc")
      .execute();
    expect(refused?.next_query_at).toBeNull();
  });
});

describe("money in another currency", () => {
  test("does not pay an order whose gateway leaves the currency out when it is asked", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    const words = paid(placed);
    await tell(shop, { ...words, currency: "USD" }, "gate");
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...words }) });
    await makeDue(shop, placed.payment.id);

    await queryPayments(shop.engine);

    expect((await standing(shop, placed.order.id)).order).toBe("pending");
    expect(await casesOf(placed.order.id)).toEqual(["amount_mismatch open"]);
  });
});

describe("a refund made at the gateway", () => {
  test("that is told before its payment is booked when the payment is", async () => {
    const placed = { ...(await startedOrder(shop, { provider: "gate" })), transactionId: newTransactionId() };
    const notice = refundNotice(placed, { outRefundNo: "console-1", amount: placed.order.amount });
    expect(await tell(shop, notice, "gate")).toBe("refund_unknown");

    await tell(shop, paid(placed, { transaction_id: placed.transactionId }), "gate");
    const [early] = await shop.db
      .selectFrom("callbacks")
      .select(["id", "state"])
      .where("out_refund_no", "=", "console-1")
      .execute();
    expect(early?.state).toBe("received");
    await settleCallback(shop.engine, early?.id ?? "");

    expect(await wayBack(shop, placed)).toEqual({ refunded: placed.order.amount, reserved: "0.00" });
    expect((await standing(shop, placed.order.id)).order).toBe("refunded");
    expect((await callbacks.find(shop.db, early?.id ?? ""))?.state).toBe("processed");
  });
});

describe("money that an order cannot take", () => {
  test("goes back to the last fen when its gateway first stated less", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    const words = paid(placed);
    await tell(shop, { ...words, amount: "39.79" }, "gate");
    const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "till" });
    await tell(shop, paid({ payment: second }), "till");

    expect(await tell(shop, words, "gate")).toBe("surplus_payment");

    expect(await casesOf(placed.order.id)).toEqual(["amount_mismatch resolved", "surplus_payment open"]);
    const [surplus] = await exceptions.page(shop.db, { kind: "surplus_payment", limit: 1 });
    const { exception } = await resolveException(shop.engine, {
      exceptionId: surplus?.id ?? "",
      action: "refund",
      reason: "paid twice",
      by: { sub: "operator-1", role: "admin" },
    });
    expect(exception.state).toBe("resolved");
    const back = await refunds.ofOrder(shop.db, placed.order.id);
    expect(back.map(({ amount }) => amount)).toEqual([placed.order.amount]);
  });
});

describe("a refund", () => {
  test("from the gateway's console, told while ours held the amount, is booked when ours has failed", async () => {
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed);
    const notice = refundNotice(placed, { outRefundNo: "console-2", amount: placed.order.amount });
    expect(await tell(shop, notice, "gate")).toBe("refund_unknown");

    await sendRefund(shop.engine, refund.id);
    const [early] = await shop.db
      .selectFrom("callbacks")
      .select("id")
      .where("out_refund_no", "=", "console-2")
      .execute();
    await settleCallback(shop.engine, early?.id ?? "");

    expect(await stateOf(shop, refund.id)).toBe("failed");
    expect(await wayBack(shop, placed)).toEqual({ refunded: placed.order.amount, reserved: "0.00" });
    expect((await standing(shop, placed.order.id)).order).toBe("refunded");
  });

  test("whose answer was not heard is written as unknown, and audited as such", async () => {
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed, "1.00");
    gateway.answer({ "/refund": () => undefined });

    await sendRefund(shop.engine, refund.id);

    const entries = await audit.ofOrder(shop.db, placed.order.id);
    expect(entries.find(({ action }) => action === "refund.unknown")).toMatchObject({
      entity_id: refund.id,
      before: { status: "created" },
      after: { status: "unknown" },
    });
  });

  test("that was refused and went through all the same is not sent again under another number", async () => {
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed, "1.00");
    await sendRefund(shop.engine, refund.id);
    expect(await stateOf(shop, refund.id)).toBe("failed");
    gateway.answer({ "/refund-query": () => ({ code: "SUCCESS", refund_id: "R1", refund_status: "SUCCESS" }) });

    await expect(resolveFailed(placed.order.id)).rejects.toMatchObject({ code: "already_resolved" });

    expect(await stateOf(shop, refund.id)).toBe("succeeded");
    expect(await refunds.ofOrder(shop.db, placed.order.id)).toHaveLength(1);
  });

  test("that was refused is not sent again while its gateway cannot be asked about the first", async () => {
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed, "1.00");
    await sendRefund(shop.engine, refund.id);
    gateway.answer({ "/refund-query": () => undefined });

    await expect(resolveFailed(placed.order.id)).rejects.toMatchObject({ code: "gateway_unavailable" });

    expect(await casesOf(placed.order.id)).toEqual(["refund_failed open"]);
  });

  test.each([
    { ends: "abnormal, and may still reach the buyer", said: ["ABNORMAL"], may: ["apply", "write_off"] },
    { ends: "said to have failed after it had succeeded", said: ["SUCCESS", "FAIL"], may: ["write_off"] },
  ])("of a part that is $ends is not to be sent a second time", async ({ said, may }) => {
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed, "1.00");
    for (const refund_status of said) await tell(shop, { ...refundNotice(placed, refund), refund_status }, "gate");

    const [one] = await viewCases(shop.engine, await exceptions.ofOrder(shop.db, placed.order.id));

    expect(one?.allowedActions.map(({ action }) => action)).toEqual(may);
    expect(may).toContain(one?.suggestedAction);
  });

  async function resolveFailed(orderId: string) {
    const [open] = await exceptions.ofOrder(shop.db, orderId);
    return resolveException(shop.engine, {
      exceptionId: open?.id ?? "",
      action: "refund",
      reason: "again",
      by: { sub: "operator-1", role: "admin" },
    });
  }
});
