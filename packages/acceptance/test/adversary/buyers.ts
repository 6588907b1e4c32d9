import { setTimeout as sleep } from "node:timers/promises";

import { type Answer, ask } from "../world/http.ts";
import { type Random, randomOf } from "../world/random.ts";
import { customer } from "../world/shop.ts";
import type { Trade } from "./book.ts";
import type { Till } from "./till.ts";

const triesToStart = 6;
const triesToPlace = 40;
const pauseMs = 300;
const longestPauseMs = 700;

export type Shopping = {
  readonly url: string;
  readonly providers: readonly string[];
  readonly skus: readonly string[];
  readonly buyers: number;
  readonly ordersEach: number;
};

/** Buyers at once, each with one order after the other; some open a second attempt, or cancel. Answers the orders' ids. */
export async function shop(shopping: Shopping): Promise<readonly string[]> {
  const all = await Promise.all(
    Array.from({ length: shopping.buyers }, (_, at) => beBuyer(shopping, `adversary-buyer-${at}`)),
  );
  return all.flat();
}

async function beBuyer(shopping: Shopping, name: string): Promise<readonly string[]> {
  const random = randomOf(name);
  const placed: string[] = [];
  for (let number = 0; number < shopping.ordersEach; number += 1) {
    const id = await buy(shopping, { name, number, random });
    if (id !== undefined) placed.push(id);
    await sleep(random.below(longestPauseMs));
  }
  return placed;
}

type Turn = { readonly name: string; readonly number: number; readonly random: Random };

async function buy({ url, providers, skus }: Shopping, { name, number, random }: Turn): Promise<string | undefined> {
  const token = customer(name);
  const provider = providers[random.below(providers.length)] ?? "";
  const line = () => ({ sku: skus[random.below(skus.length)] ?? "", quantity: 1 + random.below(2) });
  const lines = random.below(3) === 0 ? [line(), line()] : [line()];
  const items = [...new Map(lines.map((one) => [one.sku, one])).values()];
  const answer = await untilSaid(() =>
    ask(url, "POST", "/orders", {
      token,
      headers: { "idempotency-key": `${name}-${number}` },
      json: { items, provider },
    }),
  );
  if (answer.status === 409) return undefined;
  if (answer.status !== 201) throw new Error(`an order was refused: ${answer.status} ${answer.text}`);

  const { order, payment } = answer.body;
  await start(url, token, payment.id);
  if (random.below(4) === 0) {
    const other = providers[random.below(providers.length)] ?? provider;
    const second = await untilSaid(() =>
      ask(url, "POST", `/orders/${order.id}/payments`, { token, json: { provider: other } }),
    );
    if (second.status === 201) await start(url, token, second.body.payment.id);
  }
  if (random.below(12) === 0) await ask(url, "POST", `/orders/${order.id}/cancel`, { token });
  return order.id;
}

/** A buyer whose cashier does not open presses again. */
async function start(url: string, token: string, paymentId: string): Promise<void> {
  for (let tries = 0; tries < triesToStart; tries += 1) {
    const { status } = await ask(url, "POST", `/payments/${paymentId}/start`, { token });
    if (status < 500) return;
    await sleep(pauseMs);
  }
}

async function untilSaid(attempt: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 0; tries < triesToPlace; tries += 1) {
    const answer = await attempt().catch(() => undefined);
    if (answer !== undefined && answer.status < 500) return answer;
    await sleep(pauseMs);
  }
  throw new Error("the shop never answered");
}

/** Whoever has paid, and whose payment did not succeed, says so: its gateway is asked (at most once in five seconds). */
export async function sayPaid(url: string, { orders }: Till, trades: ReadonlyMap<string, Trade>): Promise<void> {
  for (const { order, payments } of orders) {
    for (const { id, outTradeNo, status } of payments) {
      if (status === "succeeded" || (trades.get(outTradeNo)?.takings.length ?? 0) === 0) continue;
      await ask(url, "POST", `/payments/${id}/query`, { token: customer(order.customerId) });
    }
  }
}
