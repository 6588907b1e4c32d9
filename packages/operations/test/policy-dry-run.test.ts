import { expect, test } from "vitest";

import { cancelOrder, dryRunPolicies } from "../src/index.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import { type Shop, countersOf, customerId, order, paid, startedOrder, stock, tell } from "./support/shop.ts";
import { useShopAtGateway } from "./support/use-shop-at-gateway.ts";

let shop: Shop;
let gateway: GatewayServer;
useShopAtGateway((opened, started) => {
  shop = opened;
  gateway = started;
});

async function latePayment(provider: string, sku?: string) {
  gateway.answer({ "/close": () => ({ code: "SUCCESS" }) });
  const placed = await startedOrder(shop, {
    provider,
    ...(sku === undefined ? {} : { items: [{ sku, quantity: 1 }] }),
  });
  await cancelOrder(shop.engine, { orderId: placed.order.id, customerId, actor: customerId });
  await tell(shop, paid(placed), provider);
  return placed.order.id;
}

function trial(otherwise: "hold" | "refund" | "revive", byProvider = {}) {
  return dryRunPolicies(shop.engine, { policies: { otherwise, byProvider }, days: 30, limit: 100 });
}

test("past cases are gone over by other policies, each with its own reason, and nothing is changed", async () => {
  const sku = await stock(shop, 1);
  await latePayment("gate");
  await latePayment("till");
  await latePayment("gate", sku);
  await order(shop, { items: [{ sku, quantity: 1 }] });
  const short = await startedOrder(shop, { provider: "gate" });
  await tell(shop, paid(short, { amount: "39.79" }), "gate");
  const before = await countersOf(shop, sku);

  // Newest first: short-paid, without stock, at a gateway that is not called, and with its stock still there.
  expect(await trial("revive")).toMatchObject([
    { kind: "amount_mismatch", amount: "39.79", wouldBe: "hold" },
    { kind: "late_payment", was: "open", wouldBe: "refund", why: "it cannot be revived now" },
    { provider: "till", wouldBe: "revive" },
    { provider: "gate", wouldBe: "revive", why: "every piece is there now" },
  ]);
  expect((await trial("refund")).map(({ wouldBe }) => wouldBe)).toEqual(["hold", "refund", "hold", "refund"]);
  expect((await trial("hold", { gate: "refund" })).map(({ why }) => why)).toEqual([
    "another amount than the order's",
    "the policy says so",
    "its gateway is not called",
    "the policy says so",
  ]);
  expect(await countersOf(shop, sku)).toEqual(before);
});
