import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";

import { type GatewayServer, startGateway } from "./gateway-server.ts";
import { type Shop, type ShopOptions, expectMoneyAccounted, expectStockConserved, openShop } from "./shop.ts";

/** One shop for a test file, with a gateway that it calls; after every test its stock and its money must add up. */
export function useShopAtGateway(
  take: (shop: Shop, gateway: GatewayServer) => void,
  options: Omit<ShopOptions, "gateUrl"> = {},
): void {
  let gateway: GatewayServer;
  let shop: Shop;
  beforeAll(async () => {
    gateway = await startGateway();
    shop = await openShop({ ...options, gateUrl: gateway.url });
    take(shop, gateway);
  });
  beforeEach(() => gateway.answer({}));
  afterEach(async () => {
    await expectStockConserved(shop);
    await expectMoneyAccounted(shop);
  });
  afterAll(async () => {
    await shop.close();
    await gateway.stop();
  });
}
