import { refunds, transact } from "@zhanggui/db";
import { afterAll, afterEach, describe, expect, test } from "vitest";

import {
  addPayment,
  cancelByOperator,
  cancelOrder,
  expireOrder,
  preflightCallback,
  sendRefund,
  settleCallback,
  startPayment,
} from "../src/index.ts";
import { requestRefund } from "../src/request-refund.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import { expectRefundsConserved, paidOrder, refundDesk, wayBack } from "./support/refund-desk.ts";
import {
  type Shop,
  type Words,
  countersOf,
  customerId,
  hear,
  openShop,
  order,
  paid,
  passDeadline,
  standing,
  startedOrder,
  stock,
  tell,
} from "./support/shop.ts";
import { useShopAtGateway } from "./support/use-shop-at-gateway.ts";

let shop: Shop;
let gateway: GatewayServer;
useShopAtGateway(
  (opened, started) => {
    shop = opened;
    gateway = started;
  },
  { latePaymentPolicy: "refund" },
);
afterEach(() => expectRefundsConserved(shop));

const cancel = (orderId: string) => cancelOrder(shop.engine, { orderId, customerId, actor: customerId });

async function closedOrder() {
  gateway.answer({ "/close": () => ({ code: "SUCCESS" }) });
  const placed = await startedOrder(shop, { provider: "gate" });
  await cancel(placed.order.id);
  return placed;
}

describe("under the policy refund", () => {
  test("late money is booked and reserved for its way back in one go, without a case", async () => {
    const placed = await closedOrder();

    const outcome = await tell(shop, paid(placed), "gate");

    expect(outcome).toBe("late_payment_refund");
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "cancelled",
      payments: ["succeeded"],
      effective: 0,
      holds: "released",
      exceptions: [],
    });
    const [refund] = await refunds.ofOrder(shop.db, placed.order.id);
    expect(refund).toMatchObject({ status: "created", amount: placed.payment.amount, ends_order_as: null });
    expect(shop.asked.sendRefund.at(-1)).toBe(refund?.id);

    refundDesk(gateway);
    expect(await sendRefund(shop.engine, refund?.id ?? "")).toBe("succeeded");
    expect((await standing(shop, placed.order.id)).order).toBe("cancelled");
  });

  test("late money told ten times at once goes back once", async () => {
    const placed = await closedOrder();
    const { id } = await hear(shop, paid(placed), "gate");

    await Promise.allSettled(Array.from({ length: 10 }, () => settleCallback(shop.engine, id)));

    expect(await refunds.ofOrder(shop.db, placed.order.id)).toHaveLength(1);
  });

  test("a preflight says that the money would be sent back", async () => {
    const placed = await closedOrder();
    const { id } = await hear(shop, paid(placed), "gate");

    expect((await preflightCallback(shop.engine, id)).ruling).toBe("refund");
  });

  test("a case is opened when the refund fails", async () => {
    const placed = await closedOrder();
    await tell(shop, paid(placed), "gate");
    const [refund] = await refunds.ofOrder(shop.db, placed.order.id);
    gateway.answer({ "/refund": () => ({ code: "FAIL", message: "no" }) });

    await sendRefund(shop.engine, refund?.id ?? "");

    expect((await standing(shop, placed.order.id)).exceptions).toEqual(["refund_failed"]);
  });

  test("surplus money goes back and the order that it was paid twice for stays paid", async () => {
    refundDesk(gateway);
    const placed = await startedOrder(shop, { provider: "gate" });
    const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "gate" });
    await startPayment(shop.engine, { customerId, paymentId: second.id });
    await tell(shop, paid(placed), "gate");

    expect(await tell(shop, paid({ payment: second }), "gate")).toBe("surplus_payment_refund");
    const [refund] = await refunds.ofOrder(shop.db, placed.order.id);
    expect(await sendRefund(shop.engine, refund?.id ?? "")).toBe("succeeded");

    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", effective: 1, exceptions: [] });
    expect(refund?.payment_id).toBe(second.id);
  });

  test("money of another amount, or one transaction named for two payments, stays a case", async () => {
    const wrong = await closedOrder();
    expect(await tell(shop, paid(wrong, { amount: "39.79" }), "gate")).toBe("amount_mismatch");

    const first = await paidOrder(shop);
    const other = await startedOrder(shop, { provider: "gate" });
    const twice = paid(other, { transaction_id: first.transactionId });
    expect(await tell(shop, twice, "gate")).toBe("surplus_payment");
    expect(await wayBack(shop, first)).toEqual({ refunded: "0.00", reserved: "0.00" });
  });

  test("money at a provider that is never called stays a case", async () => {
    const placed = await startedOrder(shop);
    await cancel(placed.order.id);

    expect(await tell(shop, paid(placed))).toBe("late_payment");
    expect((await standing(shop, placed.order.id)).exceptions).toEqual(["late_payment"]);
  });

  test("money that a gateway tells of when it is asked goes back too", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "gate" });
    await startPayment(shop.engine, { customerId, paymentId: second.id });
    gateway.answer({
      "/query": ({ out_trade_no }) =>
        out_trade_no === second.outTradeNo
          ? { code: "SUCCESS", status: "SUCCESS", transaction_id: `Q${second.outTradeNo}`, amount: second.amount }
          : { code: "NOT_FOUND" },
    });

    await tell(shop, paid(placed), "gate");

    expect(await refunds.ofOrder(shop.db, placed.order.id)).toHaveLength(1);
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", exceptions: [] });
  });

  test("money whose refund was asked for pays no order when it is stated anew", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    const words = paid(placed, { amount: "39.00" });
    await tell(shop, words, "gate");
    await sendAllBack(words);

    expect(await tell(shop, { ...words, amount: placed.payment.amount }, "gate")).toBe("amount_mismatch");
    expect((await standing(shop, placed.order.id)).order).toBe("pending");
  });

  test("money that is refunded and stated anew at the same moment is never both: paid for good and on its way back", async () => {
    for (let round = 0; round < 10; round += 1) {
      const placed = await startedOrder(shop, { provider: "gate" });
      const words = paid(placed, { amount: "39.00" });
      await tell(shop, words, "gate");
      const { id } = await hear(shop, { ...words, amount: placed.payment.amount }, "gate");

      const [refund, outcome] = await Promise.all([sendAllBack(words), settleCallback(shop.engine, id)]);

      const { order: state } = await standing(shop, placed.order.id);
      expect([outcome, state, refund.amount, refund.ends_order_as]).toEqual(
        outcome === "paid"
          ? ["paid", "paid", placed.payment.amount, "refunded"]
          : ["amount_mismatch", "pending", "39.00", null],
      );
    }
  });
});

function sendAllBack(words: Words) {
  const receipt = { provider: "gate", transactionId: words["transaction_id"] ?? "" };
  const asked = { receipt, amount: "all that is left", reason: "short", actor: "operator-1" } as const;
  return transact(shop.db, (tx) => requestRefund(tx, asked));
}

describe("a policy of one provider's own", () => {
  let own: Shop;
  afterAll(() => own.close());

  test("holds for it alone", async () => {
    gateway.answer({ "/close": () => ({ code: "SUCCESS" }) });
    own = await openShop({ gateUrl: gateway.url, latePaymentPolicy: "hold", latePaymentPolicyOf: { gate: "revive" } });
    const lateBy = async (provider: string, sku: string) => {
      const placed = await startedOrder(own, { provider, items: [{ sku, quantity: 1 }] });
      await passDeadline(own, placed.order.id);
      await expireOrder(own.engine, { orderId: placed.order.id });
      return placed;
    };
    const plenty = await stock(own, 5);
    const last = await stock(own, 1);
    const gone = await lateBy("gate", last);
    await order(own, { items: [{ sku: last, quantity: 1 }] });

    expect(await tell(own, paid(await lateBy("till", plenty)))).toBe("late_payment");
    expect(await tell(own, paid(await lateBy("gate", plenty)), "gate")).toBe("revived");
    expect(await tell(own, paid(gone), "gate")).toBe("late_payment_refund");
    expect(await countersOf(own, last)).toEqual({ available: 0, reserved: 1, sold: 0 });
  });

  test("takes no order up again that was paid once and cancelled with its refund", async () => {
    refundDesk(gateway);
    const placed = await startedOrder(own, { provider: "gate" });
    const second = await addPayment(own.engine, { customerId, orderId: placed.order.id, provider: "gate" });
    await startPayment(own.engine, { customerId, paymentId: second.id });
    await tell(own, paid(placed), "gate");
    const { refund } = await cancelByOperator(own.engine, { orderId: placed.order.id, actor: "o", reason: undefined });
    await sendRefund(own.engine, refund?.id ?? "");

    expect(await tell(own, paid({ payment: second }), "gate")).toBe("late_payment_refund");
    expect(await standing(own, placed.order.id)).toMatchObject({ order: "cancelled", holds: "released" });
  });
});
