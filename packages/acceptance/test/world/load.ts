import { setTimeout as sleep } from "node:timers/promises";

import { type Delivery, type Fields, asForm, asJson, secrets, signed } from "./gateway.ts";
import { type Answer, ask } from "./http.ts";
import { type Random, randomOf } from "./random.ts";
import { type Placed, customer, newTransactionId, placedOf } from "./shop.ts";
import { hastySeconds, type World } from "./world.ts";

/** What a buyer does with an order. */
export type Intent = "pay" | "pay_in_copies" | "fail_then_pay" | "pay_twice" | "walk_away";

export type Played = {
  readonly intent: Intent;
  readonly placed: Placed;
  readonly sku: string;
  readonly quantity: number;
  /** Of each success that was acknowledged; a buyer who walks away has none. */
  readonly transactionIds: readonly string[];
};

export type Troubles = {
  /** Answers that the contract does not allow, each once. */
  readonly forbidden: Set<string>;
  /** Tries that had to be made again: no connection, or 503. */
  retries: number;
  /** The longest that a gateway waited for its acknowledgement. */
  slowestMs: number;
};

const patienceMs = 30_000;
const pauseMs = 100;

/**
 * A client that does not give up: what it could not say it says again, as gateways do and as shops do with an
 * idempotency key. Every other 5xx than 503 is remembered.
 */
async function untilAnswered(troubles: Troubles, attempt: () => Promise<Answer>): Promise<Answer> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await attempt().catch(() => undefined);
    if (answer !== undefined && answer.status < 500) return answer;
    if (answer !== undefined && answer.status !== 503) troubles.forbidden.add(`${answer.status} ${answer.text}`);
    if (performance.now() > deadline) throw new Error(`never answered: ${answer?.text ?? "no connection"}`);
    troubles.retries += 1;
    await sleep(pauseMs);
  }
}

const intents: readonly Intent[] = ["pay", "pay", "pay_in_copies", "fail_then_pay", "pay_twice", "walk_away"];
const copies = 3;

export type LoadOptions = {
  /** Names this load's buyers, and their idempotency keys. */
  readonly round: string;
  readonly skus: readonly string[];
  readonly buyers: number;
  readonly ordersEach: number;
  readonly troubles: Troubles;
};

/** Many buyers at once, each placing one order after the other. */
export async function playLoad(world: World, options: LoadOptions): Promise<readonly Played[]> {
  const played = await Promise.all(
    Array.from({ length: options.buyers }, (_, buyer) => playBuyer(world, options, `${options.round}-buyer-${buyer}`)),
  );
  return played.flat();
}

async function playBuyer(world: World, options: LoadOptions, name: string): Promise<readonly Played[]> {
  const random = randomOf(name);
  const played: Played[] = [];
  for (let number = 0; number < options.ordersEach; number += 1) {
    played.push(await playOrder(world, options, { name, number, random }));
    await sleep(random.below(200));
  }
  return played;
}

type Turn = { readonly name: string; readonly number: number; readonly random: Random };

async function playOrder(world: World, { skus, troubles }: LoadOptions, turn: Turn): Promise<Played> {
  const { name, number, random } = turn;
  const intent = intents[random.below(intents.length)] ?? "pay";
  const sku = skus[random.below(skus.length)] ?? "";
  const quantity = 1 + random.below(3);
  const as = customer(name);
  const base = intent === "walk_away" ? world.hastyUrl : world.url;
  const answer = await untilAnswered(troubles, () =>
    ask(base, "POST", "/orders", {
      token: as,
      headers: { "idempotency-key": `${name}-${number}` },
      json: { items: [{ sku, quantity }], provider: "mock" },
    }),
  );
  if (answer.status !== 201) throw new Error(`an order was refused: ${answer.status} ${answer.text}`);
  const placed = placedOf(answer, as);

  await sleep(random.below(100));
  const transactionIds = await payAs(world, { intent, placed, troubles, random });
  return { intent, placed, sku, quantity, transactionIds };
}

type Paying = {
  readonly intent: Intent;
  readonly placed: Placed;
  readonly troubles: Troubles;
  readonly random: Random;
};

async function payAs(world: World, { intent, placed, troubles, random }: Paying): Promise<readonly string[]> {
  const transaction_id = newTransactionId();
  const facts = { out_trade_no: placed.outTradeNo, transaction_id, amount: placed.amount };
  const deliver = (fields: Fields) => {
    const notice = signed({ ...fields, 商品: "龙井" }, secrets.mock);
    return acknowledge(world, troubles, random.below(2) === 0 ? asJson(notice) : asForm(notice));
  };
  const success = { ...facts, status: "SUCCESS" };
  switch (intent) {
    case "walk_away":
      return [];
    case "pay":
      await deliver(success);
      return [transaction_id];
    case "pay_in_copies":
      await Promise.all(Array.from({ length: copies }, () => deliver(success)));
      return [transaction_id];
    case "fail_then_pay":
      await deliver({ ...facts, status: "FAILED" });
      await deliver(success);
      return [transaction_id];
    case "pay_twice": {
      const second = newTransactionId();
      await Promise.all([deliver(success), deliver({ ...success, transaction_id: second })]);
      return [transaction_id, second];
    }
  }
}

async function acknowledge(world: World, troubles: Troubles, delivery: Delivery): Promise<void> {
  const answer = await untilAnswered(troubles, async () => {
    const sentAt = performance.now();
    const said = await ask(world.url, "POST", "/callbacks/mock", {
      raw: delivery.body,
      headers: { "content-type": delivery.contentType },
    });
    troubles.slowestMs = Math.max(troubles.slowestMs, performance.now() - sentAt);
    return said;
  });
  if (answer.status !== 200) throw new Error(`a notice was refused: ${answer.status} ${answer.text}`);
}

/** The longest that an order of somebody who walked away may still hold its pieces. */
export const walkedAwayMs = hastySeconds * 1000;
