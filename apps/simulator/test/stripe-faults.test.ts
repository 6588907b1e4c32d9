import { Decimal } from "@zhanggui/domain";
import { gatewayOf } from "@zhanggui/gateways";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";

import { until } from "./harness.ts";
import { type StripeWorld, startStripe } from "./stripe-world.ts";

let world: StripeWorld;
beforeEach(async () => {
  world = await startStripe();
  await gatewayOf(world.account).calls.pay(world.account, { ...attempt, ...money }, outside);
});
afterEach(() => world.stop());

const outside = { fetch, now: () => new Date() };
const attempt = { outTradeNo: "p1", startedAt: new Date(), expiresAt: new Date(Date.now() + 60_000) };
const money = {
  amount: new Decimal("39.80"),
  currency: "CNY",
  subject: "茶",
  notifyUrl: "https://shop.test/callbacks/stripe",
  returnUrl: "https://shop.test/orders/1",
};
const query = () => gatewayOf(world.account).calls.query(world.account, attempt, outside);
const close = () => gatewayOf(world.account).calls.close(world.account, attempt, outside);

const runSchema = z.object({ run: z.object({ id: z.string(), progress: z.object({ state: z.string() }) }) });

async function play(...steps: readonly object[]): Promise<void> {
  const started = await fetch(`${world.simulator.url}/control/stripe/payments/p1/script`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ script: { steps } }),
  });
  const { run } = runSchema.parse(await started.json());
  await until(async () => {
    const look = await fetch(`${world.simulator.url}/control/runs/${run.id}`);
    return runSchema.parse(await look.json()).run.progress.state !== "running";
  });
}

test("a query that is to go wrong is the list that has the payment, though a list names none", async () => {
  await play({ do: "answer", call: "query", with: "lose" });
  expect(await query()).toMatchObject({ kind: "unknown" });
  expect(await query()).toMatchObject({ kind: "found" });

  await play({ do: "answer", call: "query", with: "not_found" });
  expect(await query()).toEqual({ kind: "not_found" });
});

test("a close goes wrong as it was told: out of order, lost, or overtaken by the buyer", async () => {
  await play({ do: "answer", call: "close", with: "error" });
  expect(await close()).toMatchObject({ kind: "unknown" });
  expect(await query()).toMatchObject({ notice: { status: "processing" } });

  await play({ do: "answer", call: "close", with: "paid_on_close" });
  expect(await close()).toEqual({ kind: "paid" });
  expect(await query()).toMatchObject({ notice: { status: "succeeded" } });
});

test("a difference that was planted stands in the balance", async () => {
  await play({ do: "pay" }, { do: "plant", statement: { difference: "amount", fen: -100 } });
  expect((await world.sdk.balanceTransactions.list()).data).toMatchObject([{ amount: 3_880 }]);

  await play({ do: "plant", statement: { difference: "extra" } });
  const { data } = await world.sdk.balanceTransactions.list({ expand: ["data.source"] });
  const numbers = data.map(({ source }) =>
    source !== null && typeof source === "object" && "metadata" in source
      ? source.metadata?.["out_trade_no"]
      : undefined,
  );
  expect(numbers.toSorted()).toEqual(["p0", "p1"]);
  expect(new Set(data.map(({ id }) => id)).size).toBe(2);
});
