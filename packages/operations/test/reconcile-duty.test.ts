import { reconciliations } from "@zhanggui/db";
import { beforeEach, describe, expect, test } from "vitest";

import { type Engine, planReconciliations, reconcileDue, requestReconciliation } from "../src/index.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import { paidOrder } from "./support/refund-desk.ts";
import type { Shop } from "./support/shop.ts";
import { bookedAt, casesOf, forgetStatements, statementText } from "./support/statements.ts";
import { useShopAtGateway } from "./support/use-shop-at-gateway.ts";

let gateway: GatewayServer;
let shop: Shop;
useShopAtGateway((itsShop, itsGateway) => {
  shop = itsShop;
  gateway = itsGateway;
});
beforeEach(() => forgetStatements(shop));

const day = "2026-11-21";
const subject = `statement:gate:${day}`;
const oldest = "2026-11-19";

/** The engine at some moment of 22 November in Shanghai. */
function at(time: string): Engine {
  const now = new Date(`2026-11-22T${time}+08:00`);
  return { ...shop.engine, outside: { ...shop.engine.outside, now: () => now } };
}

async function planned(engine: Engine): Promise<number> {
  await shop.db.deleteFrom("duties").execute();
  return planReconciliations(engine);
}

async function rows() {
  const page = await reconciliations.page(shop.db, { provider: "gate", limit: 20 });
  return page.map(({ day: one, state, tries }) => `${one} ${state} ${tries}`);
}

/** As if the hour until the next try had passed. */
async function passHour(): Promise<void> {
  await shop.db
    .updateTable("reconciliations")
    .set({ next_try_at: new Date(0) })
    .where("state", "=", "waiting")
    .execute();
}

async function onlyDay(): Promise<void> {
  await shop.db.deleteFrom("reconciliations").where("day", "<>", day).execute();
}

describe("the daily reconciliation", () => {
  test("is planned from half past ten on, once, for accounts that are called, and days that were missed", async () => {
    expect(await planned(at("10:29:59"))).toBe(0);

    expect(await planned(at("10:30:00"))).toBe(3);
    expect(await planned(at("11:00:00"))).toBe(0);

    expect(await rows()).toEqual([`${oldest} waiting 0`, "2026-11-20 waiting 0", `${day} waiting 0`]);
    expect(await shop.db.selectFrom("reconciliations").select("provider").distinct().execute()).toEqual([
      { provider: "gate" },
    ]);
  });

  test("downloads the statement and compares it", async () => {
    const placed = await paidOrder(shop);
    await bookedAt(shop, placed.transactionId, new Date(`${day}T12:00:00+08:00`));
    const { outTradeNo } = placed.payment;
    const asked: (string | undefined)[] = [];
    gateway.answer({
      "/statement": ({ date }) => {
        asked.push(date);
        return { csv: statementText([{ outTradeNo, transactionId: placed.transactionId }]) };
      },
    });
    await planned(at("10:30:00"));
    await onlyDay();

    expect(await reconcileDue(at("10:31:00"))).toMatchObject({ state: "matched", lines: 1, source: "downloaded" });

    expect(asked).toEqual([day]);
    expect(await reconcileDue(at("10:31:00"))).toBeUndefined();
    expect(await planned(at("12:00:00"))).toBe(2);
  });

  test("waits an hour for a statement that is not there, half a day long, and then asks a person", async () => {
    const placed = await paidOrder(shop);
    await bookedAt(shop, placed.transactionId, new Date(`${day}T12:00:00+08:00`));
    gateway.answer({ "/statement": () => ({}) });
    await planned(at("10:30:00"));
    await onlyDay();

    const first = await reconcileDue(at("10:31:00"));
    expect(first).toMatchObject({ state: "waiting", tries: 1, error: expect.stringContaining("not ready") });
    expect(await reconcileDue(at("10:32:00"))).toBeUndefined();
    for (let tries = 2; tries <= 12; tries += 1) {
      await passHour();
      await reconcileDue(at("10:33:00"));
    }

    expect(await rows()).toEqual([`${day} failed 12`]);
    expect(await casesOf(shop, subject)).toEqual(["gateway_unreachable open"]);
    expect(await planned(at("23:00:00"))).toBe(2);
  });

  test("that a person has asked for again closes the case", async () => {
    gateway.answer({
      "/statement": () => ({ csv: statementText([]) }),
    });
    const engine = at("23:30:00");
    await requestReconciliation(engine, {
      provider: "gate",
      date: day,
      source: "downloaded",
      askedBy: "operator-1",
      reason: "it is there now",
    });

    await reconcileDue(engine);

    expect(await casesOf(shop, subject)).toEqual(["gateway_unreachable resolved"]);
  });

  test("of a day on which nothing happened needs no statement in the end", async () => {
    gateway.answer({ "/statement": () => ({}) });
    await planned(at("10:30:00"));
    await onlyDay();

    for (let tries = 1; tries <= 12; tries += 1) {
      await passHour();
      await reconcileDue(at("10:31:00"));
    }

    expect(await rows()).toEqual([`${day} matched 12`]);
  });

  test("is taken up by another worker when the first one dies in the middle", async () => {
    await planned(at("10:30:00"));
    await onlyDay();
    await reconciliations.claimDue(shop.db);
    expect(await reconcileDue(at("10:31:00"))).toBeUndefined();

    await shop.db
      .updateTable("reconciliations")
      .set({ heartbeat_at: new Date(0) })
      .execute();

    expect(await reconcileDue(at("10:31:00"))).toMatchObject({ state: "matched", tries: 2 });
  });

  test("is carried out by one of many workers", async () => {
    await planned(at("10:30:00"));
    await onlyDay();

    const done = await Promise.all(Array.from({ length: 8 }, () => reconcileDue(at("10:31:00"))));

    expect(done.filter((run) => run !== undefined)).toHaveLength(1);
  });
});

describe("a request", () => {
  const ask = (provider: string, date?: string) =>
    requestReconciliation(at("12:00:00"), {
      provider,
      date,
      source: "downloaded",
      askedBy: "operator-1",
      reason: "why",
    });

  test.each([
    ["for nobody", "nobody", day, "unknown_provider"],
    ["for an account that is not called", "till", day, "gateway_not_callable"],
    ["for a day to come", "gate", "2026-11-23", "invalid_input"],
    ["for a day that no calendar has", "gate", "2026-02-30", "invalid_input"],
  ])("%s is refused", async (_, provider, date, code) => {
    await expect(ask(provider, date)).rejects.toMatchObject({ code });
  });

  test("is written down with who asked, and why", async () => {
    const run = await ask("gate");

    expect(run).toMatchObject({ day, state: "waiting", asked_by: "operator-1", reason: "why" });
    const [entry] = await shop.db.selectFrom("audit").selectAll().where("entity_id", "=", run.id).execute();
    expect(entry).toMatchObject({ actor: "operator-1", action: "reconciliation.request", reason: "why" });
  });
});
