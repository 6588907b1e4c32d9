import { expect, test } from "vitest";

import { addPayment, startPayment } from "../src/index.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import { type Shop, customerId, paid, standing, startedOrder, tell } from "./support/shop.ts";
import { useShopAtGateway } from "./support/use-shop-at-gateway.ts";

let gateway: GatewayServer;
let shop: Shop;
useShopAtGateway((itsShop, itsGateway) => {
  shop = itsShop;
  gateway = itsGateway;
});

/** An order with a started attempt at the gateway that is called, and another at one that only calls us. */
async function twoAttempts() {
  const placed = await startedOrder(shop, { provider: "gate" });
  const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "till" });
  await startPayment(shop.engine, { customerId, paymentId: second.id });
  gateway.calls.length = 0;
  return { placed, second };
}

test("an attempt whose gateway cannot be heard does not hold up the payment of its order", async () => {
  const { placed, second } = await twoAttempts();
  gateway.answer({ "/query": () => undefined });

  expect(await tell(shop, paid({ payment: second }))).toBe("paid");

  expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", payments: ["cancelled", "succeeded"] });
  expect(shop.warnings).toContain("an attempt stays open at its gateway");
});

test("the other attempts of a paid order are closed here and at their gateways", async () => {
  const { placed, second } = await twoAttempts();
  gateway.answer({
    "/query": () => ({ code: "SUCCESS", status: "NOTPAY", amount: "39.80" }),
    "/close": () => ({ code: "SUCCESS" }),
  });

  expect(await tell(shop, paid({ payment: second }))).toBe("paid");

  expect(gateway.calls).toEqual(["/query", "/close"]);
  expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", payments: ["cancelled", "succeeded"] });
});

test("one of them that was paid as well is surplus, found without waiting for its notice", async () => {
  const { placed, second } = await twoAttempts();
  const words = paid(placed);
  gateway.answer({ "/query": () => ({ code: "SUCCESS", ...words }) });

  expect(await tell(shop, paid({ payment: second }))).toBe("paid");

  expect(await standing(shop, placed.order.id)).toMatchObject({
    order: "paid",
    payments: ["succeeded", "succeeded"],
    effective: 1,
    exceptions: ["surplus_payment"],
  });
});
