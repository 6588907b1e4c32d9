import { sql } from "kysely";
import { beforeEach, describe, expect, test } from "vitest";

import {
  cancelUnpaid,
  checkLaws,
  expireOrder,
  fulfilOrder,
  resolveException,
  runChecks,
  sendRefund,
  settleCallback,
  watchLaws,
} from "../src/index.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import { paidOrder, refundDesk, refunded, requested } from "./support/refund-desk.ts";
import {
  type Shop,
  hear,
  newTransactionId,
  order,
  paid,
  passDeadline,
  startedOrder,
  stock,
  tell,
} from "./support/shop.ts";
import { useShopAtGateway } from "./support/use-shop-at-gateway.ts";

let shop: Shop;
let gateway: GatewayServer;
useShopAtGateway((openShop, openGateway) => {
  shop = openShop;
  gateway = openGateway;
});
beforeEach(() => refundDesk(gateway));

async function caseOf(orderId: string | null, kind: string): Promise<string> {
  const query = shop.db
    .selectFrom("exceptions")
    .select("id")
    .where(sql<boolean>`kind = ${kind}`);
  const found = await (orderId === null ? query : query.where("order_id", "=", orderId)).executeTakeFirstOrThrow();
  return found.id;
}

async function expired() {
  const placed = await startedOrder(shop);
  await passDeadline(shop, placed.order.id);
  await expireOrder(shop.engine, { orderId: placed.order.id });
  return placed;
}

const by = { sub: "operator-1", role: "admin" } as const;

describe("a busy shop where nothing went wrong", () => {
  test("breaks no law", async () => {
    const fulfilled = await paidOrder(shop);
    await fulfilOrder(shop.engine, { orderId: fulfilled.order.id, event: "ship", actor: "a", reason: undefined });
    await fulfilOrder(shop.engine, { orderId: fulfilled.order.id, event: "complete", actor: "a", reason: undefined });
    await refunded(shop, await paidOrder(shop), "10.00");
    await refunded(shop, await paidOrder(shop), undefined, true);
    await refunded(shop, await paidOrder(shop));
    await requested(shop, await paidOrder(shop));
    gateway.answer({});
    await refunded(shop, await paidOrder(shop), "5.00");
    const failing = await refunded(shop, await paidOrder(shop));
    await sendRefund(shop.engine, failing.id);
    refundDesk(gateway);

    await order(shop);
    await startedOrder(shop);
    await expired();
    const late = await expired();
    await tell(shop, paid(late));
    const revived = await expired();
    await tell(shop, paid(revived));
    const revive = {
      exceptionId: await caseOf(revived.order.id, "late_payment"),
      action: "revive",
      reason: "r",
      by,
    } as const;
    await resolveException(shop.engine, revive);
    const surplus = await startedOrder(shop);
    await tell(shop, paid(surplus));
    await tell(shop, paid(surplus));
    const short = await startedOrder(shop);
    await tell(shop, paid(short, { amount: "10.00" }));
    const taken = await startedOrder(shop);
    await tell(shop, paid(taken, { amount: "39.00" }));
    const takes = {
      exceptionId: await caseOf(taken.order.id, "amount_mismatch"),
      action: "apply",
      reason: "r",
      by,
    } as const;
    await resolveException(shop.engine, takes);
    const corrected = await startedOrder(shop);
    const transaction_id = newTransactionId();
    await tell(shop, paid(corrected, { transaction_id, amount: "10.00" }));
    await tell(shop, paid(corrected, { transaction_id }));
    await tell(shop, {
      out_trade_no: "NOBODYS0001",
      transaction_id: newTransactionId(),
      amount: "7.00",
      status: "SUCCESS",
    });
    const nobodys = await caseOf(null, "unmatched_payment");
    await resolveException(shop.engine, { exceptionId: nobodys, action: "write_off", reason: "another shop's", by });
    await tell(shop, paid(await startedOrder(shop), { status: "failed" }));
    await cancelUnpaid(shop.engine, { minutes: 0, limit: 1, dryRun: false, actor: "test" });

    const checked = await runChecks(shop.engine);

    expect(checked.filter(({ ok }) => !ok)).toEqual([]);
    expect(checked.length).toBeGreaterThan(20);
    expect(await shop.db.selectFrom("repairs").selectAll().execute()).toEqual([]);
    const recent = await checkLaws(shop.engine, { reach: { kind: "recent", seconds: 900 } });
    expect(recent.filter(({ holds }) => !holds)).toEqual([]);
  });

  test("breaks none while it is looked at either", async () => {
    const sku = await stock(shop, 1_000);
    const items = [{ sku, quantity: 1 }];
    const trade = async () => {
      for (let at = 0; at < 6; at += 1) {
        const placed = await startedOrder(shop, { items });
        const heard = await hear(shop, paid(placed));
        await Promise.all([
          settleCallback(shop.engine, heard.id),
          expireOrder(shop.engine, { orderId: placed.order.id, evenIfNotDue: true }),
        ]);
        const other = await paidOrder(shop, items);
        await refunded(shop, other, at % 2 === 0 ? "1.00" : undefined, at % 2 === 1);
      }
    };
    let trading = true;
    const look = async () => {
      const broken: string[] = [];
      while (trading) {
        const checked = await checkLaws(shop.engine, { reach: { kind: "all" } });
        broken.push(...checked.filter(({ holds }) => !holds).map(({ name, says }) => `${name}: ${says}`));
      }
      return broken;
    };
    const looking = look();

    await Promise.all(Array.from({ length: 4 }, trade));
    trading = false;

    expect(await looking).toEqual([]);
  });

  test("is looked at by one worker of many, and not again at once", async () => {
    await shop.db.deleteFrom("duties").execute();

    const looks = await Promise.all(Array.from({ length: 4 }, () => watchLaws(shop.engine)));

    // The night's run and the five minutes' run may go to two workers; nobody else does anything.
    expect(looks.filter((checked) => checked.some(({ name }) => name === "audit-chain"))).toHaveLength(1);
    expect(looks.filter((checked) => checked.length > 0).length).toBeLessThanOrEqual(2);
    expect(await watchLaws(shop.engine)).toEqual([]);
    expect(await shop.db.selectFrom("law_runs").select("law").execute()).toHaveLength(22);
  });
});
