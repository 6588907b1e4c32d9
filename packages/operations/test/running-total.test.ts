import { refunds } from "@zhanggui/db";
import type { Notice } from "@zhanggui/domain";
import type { Account } from "@zhanggui/gateways";
import { afterEach, describe, expect, test } from "vitest";

import { recordCallback, sendRefund, settleCallback } from "../src/index.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import {
  type Paid,
  expectRefundsConserved,
  paidOrder,
  refundDesk,
  refunded,
  requested,
  stateOf,
  wayBack,
} from "./support/refund-desk.ts";
import { type Shop, standing } from "./support/shop.ts";
import { useShopAtGateway } from "./support/use-shop-at-gateway.ts";

let shop: Shop;
let gateway: GatewayServer;
useShopAtGateway((opened, started) => {
  shop = opened;
  gateway = started;
});
afterEach(() => expectRefundsConserved(shop));

let told = 0;

/** What a gateway says that states the running total of all refunds of a payment, in fen. */
async function tellTotal(placed: Paid, refundMinor: number, more: Partial<Notice> & { account?: Account } = {}) {
  const { account, ...words } = more;
  told += 1;
  const engine =
    account === undefined ? shop.engine : { ...shop.engine, providers: new Map([["gate", account] as const]) };
  const notice: Notice = {
    eventType: "refund",
    eventKey: `total.${told}`,
    outTradeNo: placed.payment.outTradeNo,
    transactionId: placed.transactionId,
    amountMinor: 3_980,
    currency: "CNY",
    status: "refund_succeeded",
    rawStatus: "TRADE_SUCCESS",
    refundMinor,
    ...words,
  };
  const callback = { provider: "gate", notice, headers: {}, body: Buffer.from(""), verifiedBy: "test" };
  const { id } = await recordCallback(engine, callback);
  return settleCallback(engine, id);
}

const alipay: Account = {
  kind: "alipay",
  app_id: "2021000000000000",
  seller_id: "2088000000000000",
  alipayPublicKey: "-",
  appPrivateKey: "-",
};

describe("a running total without a number of ours", () => {
  test("of what we know says nothing new", async () => {
    refundDesk(gateway);
    const placed = await paidOrder(shop);
    await refunded(shop, placed, "10.00");

    expect(await tellTotal(placed, 1_000)).toBe("repeat");
    expect(await wayBack(shop, placed)).toEqual({ refunded: "10.00", reserved: "0.00" });
  });

  test("that a refund under way explains has its gateway asked about that one", async () => {
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed, "10.00");

    expect(await tellTotal(placed, 1_000)).toBe("refund_under_way");
    expect(shop.asked.sendRefund.at(-1)).toBe(refund.id);
    expect(await stateOf(shop, refund.id)).toBe("created");
  });

  test("above what we know books the difference as made at the gateway", async () => {
    refundDesk(gateway);
    const placed = await paidOrder(shop);
    await refunded(shop, placed, "10.00");

    expect(await tellTotal(placed, 3_980)).toBe("refund_unknown");
    expect((await refunds.ofOrder(shop.db, placed.order.id)).map(({ amount, origin }) => [amount, origin])).toEqual([
      ["10.00", "shop"],
      ["29.80", "gateway"],
    ]);
    expect((await standing(shop, placed.order.id)).order).toBe("refunded");
    expect(await tellTotal(placed, 3_980)).toBe("repeat");
  });
});

describe("a running total that names our number", () => {
  test("is at least that refund's own amount, and moves only that one", async () => {
    refundDesk(gateway);
    const placed = await paidOrder(shop);
    await refunded(shop, placed, "10.00");
    const { refund } = await requested(shop, placed, "5.00");

    const outRefundNo = refund.outRefundNo;
    expect(await tellTotal(placed, 499, { outRefundNo, account: alipay })).toBe("amount_mismatch");
    expect(await tellTotal(placed, 1_500, { outRefundNo, account: alipay })).toBe("refund_succeeded");
    expect(await wayBack(shop, placed)).toEqual({ refunded: "15.00", reserved: "0.00" });
  });

  test("counts as the refund's own amount at every other gateway", async () => {
    const placed = await paidOrder(shop);
    const { refund } = await requested(shop, placed, "5.00");

    expect(await tellTotal(placed, 1_500, { outRefundNo: refund.outRefundNo })).toBe("amount_mismatch");
  });
});

const wechatV2: Account = { kind: "wechat-v2", appid: "wx1", mch_id: "1900000109", apiV2Key: "-" };

describe("a refund notice that nobody signs", () => {
  test("of our refund ends nothing: its gateway is asked", async () => {
    refundDesk(gateway, "PROCESSING");
    const placed = await paidOrder(shop);
    const { id, outRefundNo } = await refunded(shop, placed);

    await tellTotal(placed, 3_980, { account: wechatV2, outRefundNo, rawStatus: "SUCCESS" });

    expect(await stateOf(shop, id)).toBe("processing");
    expect(shop.asked.sendRefund.at(-1)).toBe(id);
  });

  test("of a refund that is not ours moves no money, and a person is told", async () => {
    const placed = await paidOrder(shop);

    const outcome = await tellTotal(placed, 3_980, {
      account: wechatV2,
      outRefundNo: "console1",
      rawStatus: "SUCCESS",
    });

    expect(outcome).toBe("refund_unknown");
    expect(await wayBack(shop, placed)).toEqual({ refunded: "0.00", reserved: "0.00" });
  });
});

describe("a hint that a refund has moved", () => {
  test("has its gateway asked at once, also about one that was abnormal", async () => {
    const desk = refundDesk(gateway, "ABNORMAL");
    const placed = await paidOrder(shop);
    const { id, outRefundNo } = await refunded(shop, placed);
    desk.made.set(outRefundNo, { refund_id: "g", refund_status: "SUCCESS" });

    await tellTotal(placed, 3_980, { outRefundNo, status: "refund_processing", rawStatus: "SUCCESS" });

    expect(shop.asked.sendRefund.at(-1)).toBe(id);
    expect(await sendRefund(shop.engine, id)).toBe("succeeded");
  });
});
