import { providerHealth } from "@zhanggui/db";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { queryPayments } from "../src/index.ts";
import { type GatewayServer, startGateway } from "./support/gateway-server.ts";
import { makeDue, planOf } from "./support/queries.ts";
import { type Shop, openShop, paid, startedOrder, tell } from "./support/shop.ts";

let gateway: GatewayServer;
/** A new one for each test: a callback that one test hears would break the silence of the next. */
let shop: Shop;
beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  gateway.answer({});
  shop = await openShop({ gateUrl: gateway.url });
});
afterEach(() => shop.close());
afterAll(() => gateway.stop());

const warning = "the provider is silent: payments are found by query, and no callback tells of them";

/** So many orders that were paid at the gateway, of which only queries told; so long ago. */
async function foundByQuery(count: number, secondsAgo: number) {
  const found = [];
  for (let one = 0; one < count; one += 1) {
    const placed = await startedOrder(shop, { provider: "gate" });
    const words = paid(placed);
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...words }) });
    await makeDue(shop, placed.payment.id);
    await queryPayments(shop.engine);
    const found_at = new Date(Date.now() - secondsAgo * 1_000);
    await shop.db.updateTable("payments").set({ found_at }).where("id", "=", placed.payment.id).execute();
    found.push({ placed, words });
  }
  gateway.answer({});
  return found;
}

/** The next look of the pool. */
async function look(): Promise<void> {
  await shop.db.deleteFrom("duties").where("name", "=", "silence").execute();
  await queryPayments(shop.engine);
}

async function silentSince(): Promise<Date | null> {
  return (await providerHealth.find(shop.db, "gate"))?.silent_since ?? null;
}

describe("a provider is silent", () => {
  test("when three payments in a row were found by query and nothing was heard since", async () => {
    await foundByQuery(3, 15);

    await look();
    await look();

    expect(await silentSince()).not.toBeNull();
    expect(shop.warnings.filter((message) => message === warning)).toHaveLength(1);
  });

  test("when one was found five minutes ago and nothing was heard since", async () => {
    await foundByQuery(1, 301);

    await look();

    expect(await silentSince()).not.toBeNull();
  });

  test.each([
    ["two were found a moment ago", 2, 15],
    ["the callbacks of three may still be on their way", 3, 2],
    ["what was found is long ago", 3, 1_000],
  ])("but not when %s", async (_, count, secondsAgo) => {
    await foundByQuery(count, secondsAgo);

    await look();

    expect(await silentSince()).toBeNull();
  });

  test("but not when its callbacks come after the queries", async () => {
    for (const { words } of await foundByQuery(3, 15)) expect(await tell(shop, words, "gate")).toBe("repeat");

    await look();

    expect(await silentSince()).toBeNull();
    expect(await providerHealth.find(shop.db, "gate")).toMatchObject({ last_callback_at: expect.any(Date) });
  });

  test("and another one that is heard is not", async () => {
    await foundByQuery(3, 15);
    await tell(shop, paid(await startedOrder(shop)), "till");

    await look();

    expect(await providerHealth.all(shop.db)).toMatchObject([
      { provider: "gate", silent_since: expect.any(Date) },
      { provider: "till", silent_since: null },
    ]);
  });
});

describe("while a provider is silent", () => {
  test("its open attempts are asked about at once and then more often, until its callbacks return", async () => {
    const open = await startedOrder(shop, { provider: "gate" });
    const later = new Date(Date.now() + 600_000);
    await shop.db.updateTable("payments").set({ next_query_at: later }).where("id", "=", open.payment.id).execute();
    const [first] = await foundByQuery(3, 15);

    await look();
    expect((await planOf(shop, open.payment.id)).inSeconds).toBeLessThan(30);
    await makeDue(shop, open.payment.id);
    await queryPayments(shop.engine);
    expect((await planOf(shop, open.payment.id)).inSeconds).toBeLessThan(9);

    await tell(shop, first?.words ?? {}, "gate");
    await look();
    expect(await silentSince()).toBeNull();
    await makeDue(shop, open.payment.id);
    await queryPayments(shop.engine);
    expect((await planOf(shop, open.payment.id)).inSeconds).toBeGreaterThan(9);
  });
});
